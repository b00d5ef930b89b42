"""Keeps what failed: in the files' rows, in the journal, and as the operation that will try again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.journal import Level, NewEntry
from chassis.operations import Execution, NewOperation, OperatingMode
from chassis.texts import Texts
from services.delivery.application.explaining import explain, failure_of
from services.delivery.application.ports import OpenWork, Work
from services.delivery.domain.destinations import Destination
from services.delivery.domain.failing import plan_failed
from services.delivery.domain.failures import CarryFailed
from services.delivery.domain.kinds import RETRY_LEFTOVERS
from services.delivery.domain.spool import FileState, SpoolFile

SOURCE = "sending"
NEVER_HELD = OperatingMode.ISOLATED  #: of an operation whose files know themselves whether they may go


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureKeeper:
    """One transaction for each failure: rows, journal and next try, or nothing of them."""

    open_work: OpenWork
    texts: Texts
    locale: str  #: of the journal

    def keep(self, execution: Execution, destination: Destination, files: Sequence[UUID], error: CarryFailed) -> None:
        """Counts the failed tries of these files, which belong to one task."""
        with self.open_work(execution.fence) as work:
            current = work.spool.current(files)
            tries = plan_failed(current, failure_of(error), work.now())
            work.spool.fail(tries)
            reason = explain(self.texts, self.locale, failure_of(error)).message
            work.journal.write_many(
                [
                    NewEntry(
                        text=self.texts.get(
                            "journal.parked" if each.state is FileState.PARKED else "journal.failed",
                            self.locale,
                            file_name=each.file_name,
                            destination=destination.name,
                            tried=each.tried,
                            reason=reason,
                        ),
                        source=SOURCE,
                        level=Level.ERROR if each.state is FileState.PARKED else Level.WARNING,
                        user=execution.caller,
                        correlation=str(each.file),
                    )
                    for each in tries
                ]
            )
            times = [each.next_attempt_time for each in tries if each.next_attempt_time is not None]
            if times:
                schedule_retry(work, current[0].task, current[0].site, min(times), but=execution.id)

    def tell_delivered(self, work: Work, destination: Destination, file: SpoolFile, user: str) -> None:
        """Writes the arrival into the journal, in its own transaction."""
        text = self.texts.get(
            "journal.practised" if file.training else "journal.delivered",
            self.locale,
            file_name=file.file_name,
            destination=destination.name,
            size_bytes=file.size_bytes,
            tries=file.attempts,
        )
        work.journal.write(text, source=SOURCE, user=user, correlation=str(file.id))


def schedule_retry(work: Work, task: int, site: str, when: datetime | None, *, but: UUID) -> None:
    """Has the task's leftovers sent again, by one operation at a time (`but`, which is at work, not counted)."""
    if not work.retries.is_scheduled(task, NEVER_HELD, but):
        work.operations.add(replace(retry_of(task, site), not_before=when))


def retry_when_normal(work: Work, task: int, site: str, *, but: UUID) -> None:
    """Has what the mode of its site holds back sent once the site is normal again."""
    if not work.retries.is_scheduled(task, OperatingMode.NORMAL, but):
        work.operations.add(replace(retry_of(task, site), mode=OperatingMode.NORMAL))


def retry_of(task: int, site: str) -> NewOperation:
    """What sends a task's leftovers: no mode holds it back, for what was sent by hand goes on in any."""
    return NewOperation(kind=RETRY_LEFTOVERS, request={"task": task, "site": site}, site=site, mode=NEVER_HELD)
