"""Keeps what failed: in the files' rows, in the journal, and as the operation that will try again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chassis.journal import Level, NewEntry
from chassis.operations import Execution, NewOperation, OperatingMode
from chassis.texts import Texts
from services.delivery.application.explaining import explain, failure_of
from services.delivery.application.ports import OpenWork, Work
from services.delivery.domain.destinations import Destination, Email, Ftp, Imap
from services.delivery.domain.failing import FailedTry, LeftThere, plan_failed
from services.delivery.domain.failures import CarryFailed
from services.delivery.domain.kinds import RETRY_LEFTOVERS
from services.delivery.domain.spool import ON_ITS_WAY, FileState, SpoolFile
from services.delivery.domain.warnings import warnings_of

SOURCE = "sending"
NEVER_HELD = OperatingMode.ISOLATED  #: of an operation whose files know themselves whether they may go


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureKeeper:
    """One transaction for each failure: rows, journal and next try, or nothing of them."""

    open_work: OpenWork
    texts: Texts
    locale: str  #: of the journal

    def keep(
        self,
        execution: Execution,
        destination: Destination,
        errors: Mapping[UUID, CarryFailed],
        left: Mapping[UUID, LeftThere],
    ) -> None:
        """Counts the failed tries of these files, which belong to one task; `left` is what they have left there."""
        with self.open_work(execution.fence) as work:
            # One that a person has given up meanwhile stays given up.
            current = [file for file in work.spool.current(list(errors)) if file.state in ON_ITS_WAY]
            tries = plan_failed(current, errors, left, work.now())
            work.spool.fail(tries)
            work.journal.write_many(self._entries(tries, errors, destination, execution))
            times = [each.next_attempt_time for each in tries if each.next_attempt_time is not None]
            if times:
                schedule_retry(work, current[0].task, current[0].site, min(times))

    def tell_delivered(self, work: Work, destination: Destination, files: Sequence[SpoolFile], user: str) -> None:
        """Writes arrivals into the journal, in their own transaction."""
        work.journal.write_many(
            [
                NewEntry(
                    text=self.texts.get(
                        "journal.practised" if file.training else "journal.delivered",
                        self.locale,
                        file_name=file.final_name,
                        destination=destination.name,
                        size_bytes=file.size_bytes,
                        tries=file.attempts,
                    ),
                    source=SOURCE,
                    user=user,
                    correlation=str(file.id),
                )
                for file in files
            ]
        )

    def warn(self, execution: Execution, destination: Destination) -> None:
        """Writes into the journal what works there but should not stay so, once a batch."""
        if not isinstance(destination.method, Ftp | Imap | Email):
            return
        with self.open_work(execution.fence) as work:
            self.tell_warnings(work, destination, execution.caller, str(execution.id))

    def tell_warnings(self, work: Work, destination: Destination, user: str, correlation: str) -> None:
        """The same, in a transaction that does more."""
        work.journal.write_many(
            [
                NewEntry(
                    text=self.texts.get(
                        "journal.warning",
                        self.locale,
                        destination=destination.name,
                        warning=self.texts.get(key, self.locale),
                    ),
                    source=SOURCE,
                    level=Level.WARNING,
                    user=user,
                    correlation=correlation,
                )
                for key in warnings_of(destination.method, work.now())
            ]
        )

    def tell_litter(self, work: Work, destination: Destination, why: CarryFailed, user: str) -> None:
        """Writes into the journal that the far end does not let go of what given-up files have left there."""
        text = self.texts.get(
            "journal.litter_stays",
            self.locale,
            destination=destination.name,
            reason=explain(self.texts, self.locale, failure_of(why)).message,
        )
        work.journal.write(text, source=SOURCE, level=Level.WARNING, user=user)

    def _entries(
        self,
        tries: Sequence[FailedTry],
        errors: Mapping[UUID, CarryFailed],
        destination: Destination,
        execution: Execution,
    ) -> list[NewEntry]:
        """A line for each file, but one for all that one failure kept: thousands may wait for a server that is down."""
        kept: dict[tuple[CarryFailed, bool], list[FailedTry]] = {}
        for each in tries:
            kept.setdefault((errors[each.file], each.state is FileState.PARKED), []).append(each)
        return [
            NewEntry(
                text=self.texts.get(
                    f"journal.{'parked' if parked else 'failed'}{'_together' if len(together) > 1 else ''}",
                    self.locale,
                    files=len(together),
                    file_name=together[0].file_name,
                    destination=destination.name,
                    tried=together[0].tried,
                    reason=explain(self.texts, self.locale, together[0].failure).message,
                ),
                source=SOURCE,
                level=Level.ERROR if parked else Level.WARNING,
                user=execution.caller,
                correlation=str(execution.id if len(together) > 1 else together[0].file),
            )
            for (_, parked), together in kept.items()
        ]


def schedule_retry(work: Work, task: int, site: str, when: datetime) -> None:
    """Has the task's leftovers sent again at that time, unless an operation waits that does so by then."""
    if not work.retries.is_scheduled(task, NEVER_HELD, by=when):
        work.operations.add(replace(retry_of(task, site), not_before=when))


def retry_when_normal(work: Work, task: int, site: str) -> None:
    """Has what the mode of its site holds back sent once the site is normal again."""
    if not work.retries.is_scheduled(task, OperatingMode.NORMAL):
        work.operations.add(replace(retry_of(task, site), mode=OperatingMode.NORMAL))


def retry_of(task: int, site: str) -> NewOperation:
    """What sends a task's leftovers: no mode holds it back, for what was sent by hand goes on in any."""
    return NewOperation(kind=RETRY_LEFTOVERS, request={"task": task, "site": site}, site=site, mode=NEVER_HELD)
