"""The services that do the work, reached by task.v1: what they offer, the handing over of work, the long poll."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import grpc
import structlog
from google.protobuf.duration_pb2 import Duration

from backroom.task.v1 import task_pb2, task_pb2_grpc
from chassis.errors import RemoteRefused, Unavailable
from chassis.rpc.client import MAX_MESSAGE
from chassis.texts import DEFAULT_LOCALE, LOCALES
from services.scheduler.application.ports import (
    Accepted,
    CancelledBefore,
    Entry,
    Refused,
    Started,
)
from services.scheduler.domain.results import News
from services.scheduler.domain.sites import SiteMode
from services.scheduler.domain.task_types import Catalogue, TaskType
from services.scheduler.gateways import wire
from services.scheduler.gateways.absence import Absences, certain
from services.scheduler.gateways.addresses import AddressBook

log = structlog.get_logger(__name__)

CATALOGUE_GOOD_FOR = 5.0  #: seconds that an answer about task types is kept
CATALOGUE_TIMEOUT = 3.0  #: seconds
START_TIMEOUT = 15.0
POLL_GRACE = 5.0  #: seconds beyond the wait that an answer may take
LOOK = 0.2  #: seconds between two looks at whether a poll is to be interrupted
ROOM = MAX_MESSAGE  #: bytes that the entries of one message take at most
FRAME = 16  #: bytes that an entry takes beside its own


class GrpcHandlers:
    """Handlers by key, each behind one channel."""

    def __init__(self, channel_to: Callable[[str], grpc.Channel], addresses: AddressBook) -> None:
        self._channel_to = channel_to
        self._addresses = addresses
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], tuple[float, Sequence[TaskType]]] = {}
        self._absences = Absences()

    def catalogue(self, locale: str, site: str = "") -> Catalogue:
        """What the central ones offer, and what beside it those of a site do; those that do not answer are named."""
        locale = locale if locale in LOCALES else DEFAULT_LOCALE
        types: list[TaskType] = []
        away: list[str] = []
        offering = [(name, name) for name in self._addresses.offering]
        for name, handler in [*offering, *(self._addresses.own(site).items() if site else ())]:
            try:
                known = {kind.name for kind in types}
                types += [kind for kind in self._types(name, handler, locale) if kind.name not in known]
            except (Unavailable, RemoteRefused) as error:
                log.warning("handler does not say what it offers", handler=handler, why=str(error))
                away.append(handler)
        return Catalogue(
            task_types=sorted(types, key=lambda kind: (kind.folder, kind.title, kind.name)), unavailable_handlers=away
        )

    def start(self, handler: str, entries: Sequence[Entry]) -> Mapping[UUID, Started]:
        """Hands work over, in as many calls as its size asks for. Raises `Unavailable` where one is not known to have
        been taken; then all are asked for again.
        """
        started: dict[UUID, Started] = {}
        straight = self._unspooled(handler, entries)
        rendered = [wire.render_entry(entry, unspooled=entry.run.task_type in straight) for entry in entries]
        for portion in _portions(rendered):
            with self._absences.asked(handler):
                response = self._stub(handler).StartTasks(
                    task_pb2.StartTasksRequest(entries=portion), timeout=START_TIMEOUT
                )
            results = {result.attempt: result for result in response.results}
            missing = [entry.run for entry in portion if entry.attempt not in results]
            if missing:
                raise Unavailable(f"{handler} did not say what became of {', '.join(missing)}")
            started |= {
                UUID(entry.attempt): _started(results[entry.attempt], f"entries[{place}].")
                for place, entry in enumerate(portion)
            }
        return started

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

    def knows(self, handler: str) -> bool:
        """Whether there is an address to ask this handler at."""
        return self._addresses.knows(handler)

    def cancel(self, handler: str, attempts: Sequence[UUID]) -> None:
        """Asks for the end of attempts."""
        request = task_pb2.CancelTasksRequest(attempts=[str(attempt) for attempt in attempts])
        with self._absences.asked(handler):
            self._stub(handler).CancelTasks(request, timeout=START_TIMEOUT)

    def set_modes(self, handler: str, modes: Sequence[SiteMode]) -> None:
        """Tells a handler in which modes sites are. One that knows of no modes has nothing to keep."""
        request = task_pb2.SetOperatingModesRequest(
            modes=[
                task_pb2.SiteMode(site=each.site, mode=wire.MODES[each.mode], version=each.version) for each in modes
            ]
        )
        try:
            with self._absences.asked(handler):
                self._stub(handler).SetOperatingModes(request, timeout=START_TIMEOUT)
        except RemoteRefused as refused:
            if refused.code != grpc.StatusCode.UNIMPLEMENTED.name:
                raise

    def _unspooled(self, handler: str, entries: Sequence[Entry]) -> frozenset[str]:
        """Those of the entries' types whose files the handler sends itself: it has to know where to."""
        asked = {entry.run.handler for entry in entries if entry.terms.destination}
        return frozenset(
            kind.name for name in asked for kind in self._types(name, handler, DEFAULT_LOCALE) if kind.unspooled
        )

    def _types(self, name: str, handler: str, locale: str) -> Sequence[TaskType]:
        with self._lock:
            known = self._known.get((handler, locale))
        if known is not None and known[0] > time.monotonic():
            return known[1]
        with self._absences.asked(handler):
            response = self._stub(handler).ListTaskTypes(
                task_pb2.ListTaskTypesRequest(locale=locale), timeout=CATALOGUE_TIMEOUT
            )
        types = [wire.parse_task_type(message, name) for message in response.task_types]
        with self._lock:
            self._known[handler, locale] = (time.monotonic() + CATALOGUE_GOOD_FOR, types)
        return types

    def _stub(self, handler: str) -> task_pb2_grpc.TaskHandlerServiceStub:
        return task_pb2_grpc.TaskHandlerServiceStub(self._channel_to(self._addresses.of(handler)))


def _portions(entries: Sequence[task_pb2.TaskEntry]) -> Iterator[Sequence[task_pb2.TaskEntry]]:
    """The entries in their order, as many together as one message holds."""
    portion: list[task_pb2.TaskEntry] = []
    room = ROOM
    for entry in entries:
        size = entry.ByteSize() + FRAME
        if portion and size > room:
            yield portion
            portion, room = [], ROOM
        portion.append(entry)
        room -= size
    if portion:
        yield portion


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
