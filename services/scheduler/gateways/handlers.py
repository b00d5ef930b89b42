"""The services that do the work, reached by task.v1: what they offer, the handing over of work, the long poll."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import grpc
import structlog
from google.protobuf.duration_pb2 import Duration

from backroom.task.v1 import task_pb2, task_pb2_grpc
from chassis.errors import RemoteRefused, Unavailable
from chassis.texts import DEFAULT_LOCALE, LOCALES
from services.scheduler.application.ports import (
    DELIVERY,
    Accepted,
    CancelledBefore,
    Entry,
    Refused,
    Started,
)
from services.scheduler.domain.results import News
from services.scheduler.domain.task_types import Catalogue, TaskType
from services.scheduler.gateways import wire
from services.scheduler.gateways.absence import Absences, certain

log = structlog.get_logger(__name__)

CATALOGUE_GOOD_FOR = 5.0  #: seconds that an answer about task types is kept
CATALOGUE_TIMEOUT = 3.0  #: seconds
START_TIMEOUT = 15.0
POLL_GRACE = 5.0  #: seconds beyond the wait that an answer may take
LOOK = 0.2  #: seconds between two looks at whether a poll is to be interrupted


class GrpcHandlers:
    """Handlers by name, each behind one channel."""

    def __init__(self, channel_to: Callable[[str], grpc.Channel], addresses: Mapping[str, str], delivery: str) -> None:
        self._channel_to = channel_to
        self._offering = dict(addresses)
        self._addresses = {**addresses, DELIVERY: delivery}
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], tuple[float, Sequence[TaskType]]] = {}
        self._absences = Absences()

    def names(self) -> Sequence[str]:
        """Every handler that attempts may stand at."""
        return sorted(self._addresses)

    def catalogue(self, locale: str) -> Catalogue:
        """What all of them offer; those that do not answer are named."""
        locale = locale if locale in LOCALES else DEFAULT_LOCALE
        types: list[TaskType] = []
        away: list[str] = []
        for handler in sorted(self._offering):
            try:
                types += self._types(handler, locale)
            except (Unavailable, RemoteRefused) as error:
                log.warning("handler does not say what it offers", handler=handler, why=str(error))
                away.append(handler)
        return Catalogue(
            task_types=sorted(types, key=lambda kind: (kind.folder, kind.title, kind.name)), unavailable_handlers=away
        )

    def start(self, handler: str, entries: Sequence[Entry]) -> Mapping[UUID, Started]:
        """Hands work over. Raises `Unavailable` where it is not known to have been taken."""
        request = task_pb2.StartTasksRequest(entries=[wire.render_entry(entry) for entry in entries])
        with self._absences.asked(handler):
            response = self._stub(handler).StartTasks(request, timeout=START_TIMEOUT)
        results = {result.attempt: result for result in response.results}
        missing = [entry.run.name for entry in entries if str(entry.attempt) not in results]
        if missing:
            raise Unavailable(f"{handler} did not say what became of {', '.join(missing)}")
        return {
            entry.attempt: _started(results[str(entry.attempt)], f"entries[{place}].")
            for place, entry in enumerate(entries)
        }

    def poll(
        self, handler: str, attempts: Sequence[UUID], wait: timedelta, interrupted: Callable[[], bool]
    ) -> Sequence[News]:
        """How attempts stand. Nothing where it was interrupted."""
        request = task_pb2.PollTasksRequest(attempts=[str(attempt) for attempt in attempts], wait_time=_duration(wait))
        with certain(handler):
            future = self._stub(handler).PollTasks.future(request, timeout=wait.total_seconds() + POLL_GRACE)
            try:
                while not future.done():
                    if interrupted():
                        return []
                    try:
                        future.result(timeout=LOOK)
                    except grpc.FutureTimeoutError:
                        continue
                response = future.result()
            finally:
                future.cancel()  # whoever leaves takes the question back; one that was answered does not mind
        asked = {str(attempt): attempt for attempt in attempts}
        return [
            wire.parse_news(asked[state.attempt], state)
            for state in response.states
            if state.attempt in asked and state.state in wire.NEWS
        ]

    def _types(self, handler: str, locale: str) -> Sequence[TaskType]:
        with self._lock:
            known = self._known.get((handler, locale))
        if known is not None and known[0] > time.monotonic():
            return known[1]
        with self._absences.asked(handler):
            response = self._stub(handler).ListTaskTypes(
                task_pb2.ListTaskTypesRequest(locale=locale), timeout=CATALOGUE_TIMEOUT
            )
        types = [wire.parse_task_type(message, handler) for message in response.task_types]
        with self._lock:
            self._known[handler, locale] = (time.monotonic() + CATALOGUE_GOOD_FOR, types)
        return types

    def _stub(self, handler: str) -> task_pb2_grpc.TaskHandlerServiceStub:
        address = self._addresses.get(handler)
        if address is None:
            raise Unavailable(f"no handler is called {handler} now; name it in BACKROOM_HANDLERS")
        return task_pb2_grpc.TaskHandlerServiceStub(self._channel_to(address))


def _started(result: task_pb2.StartedTask, strip: str) -> Started:
    match result.outcome:
        case task_pb2.StartedTask.OUTCOME_ACCEPTED | task_pb2.StartedTask.OUTCOME_REPEATED:
            return Accepted()
        case task_pb2.StartedTask.OUTCOME_CANCELLED:
            return CancelledBefore()
        case _:
            return Refused(failure=wire.parse_failure(result.refusal, strip))


def _duration(wait: timedelta) -> Duration:
    message = Duration()
    message.FromTimedelta(wait)
    return message
