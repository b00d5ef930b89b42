"""What the calls of SchedulerService share: each part of the service is a class of its own, served as one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from backroom.scheduler.v1 import scheduler_pb2_grpc
from chassis.errors import BackroomError
from chassis.rpc.writes import Writes
from services.scheduler.application.backfill_task import BackfillTask
from services.scheduler.application.cancel_run import CancelRun
from services.scheduler.application.check_draft import CheckDraft
from services.scheduler.application.ports import Handlers, OpenWork, Texts, Work
from services.scheduler.application.retry_run import RetryRun
from services.scheduler.application.run_task import RunTask
from services.scheduler.rpc.watchers import Watchers

PAGE = 50

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """What the servicer calls."""

    check_draft: CheckDraft
    run_task: RunTask
    cancel_run: CancelRun
    retry_run: RetryRun
    backfill_task: BackfillTask
    watchers: Watchers
    texts: Texts
    default_site: str


class SchedulerCalls(scheduler_pb2_grpc.SchedulerServiceServicer):
    """Translates, nothing more."""

    def __init__(self, open_work: OpenWork, writes: Writes[Work], handlers: Handlers, use: UseCases) -> None:
        self._open_work = open_work
        self._writes = writes
        self._handlers = handlers
        self._use = use


def judged(judge: Callable[[], T]) -> Callable[[], T]:
    """Judges a request now, outside of the transaction, and tells a refusal only to who asks for the judgement.

    A repeat does not ask: it gets the first answer, whatever has become of handlers, people and tasks since.
    """
    try:
        judgement = judge()
    except BackroomError as refused:
        refusal = refused

        def tell() -> T:
            raise refusal

        return tell
    return lambda: judgement
