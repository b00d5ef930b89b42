"""The operations: sends what a run has sealed, and sends again what could not be sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from chassis.errors import Unavailable
from chassis.operations import Execution, HeldBack, Outcome
from chassis.texts import Texts
from services.delivery.application.carrying import Carry
from services.delivery.application.explaining import explain, failure_of
from services.delivery.application.failing_tries import retry_when_normal, schedule_retry
from services.delivery.application.ledger import Carried
from services.delivery.application.ports import Locales, OpenWork, Pause
from services.delivery.domain.destinations import Destination, destination_name, sandbox_key
from services.delivery.domain.errors import LeftInSpool, ParkedInSpool
from services.delivery.domain.failing import files_to_send
from services.delivery.domain.file_failures import SiteNotNormal
from services.delivery.domain.spool import FileState, SpoolFile

LOOK_AGAIN = timedelta(milliseconds=200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """Sends a task's files to one destination, while nobody else writes there."""

    open_work: OpenWork
    carry: Carry
    sandbox: str  #: folder in which each destination has its sandbox
    pause: Pause
    patience: timedelta  #: how long a busy destination is waited for

    def __call__(
        self, execution: Execution, task: int, destination: str, *, training: bool, only_due: bool
    ) -> Carried | None:
        """None where the destination stays busy."""
        leased = sandbox_key(destination) if training else destination
        if not self._take(execution, leased):
            return None
        try:
            with self.open_work(execution.fence) as work:
                work.sendings.rejoin_older(task, destination, training=training)
                waiting: Sequence[SpoolFile] = work.spool.waiting(task, destination, training=training)
                held_back = work.spool.held_back(file.id for file in waiting)
                files = files_to_send(waiting, held_back, work.now() if only_due else None)
                if not files:  # then it may even have been deleted
                    return Carried()
                where: Destination = work.destinations.get(destination)
            return self.carry(execution, where.in_sandbox(self.sandbox) if training else where, files)
        finally:
            with self.open_work() as work:
                work.leases.release(leased, execution.id, execution.epoch)

    def _take(self, execution: Execution, destination: str) -> bool:
        waited = timedelta()
        while True:
            execution.check()
            with self.open_work(execution.fence) as work:
                if work.leases.take(destination, execution.id, execution.epoch):
                    return True
            if waited >= self.patience:
                return False
            self.pause(LOOK_AGAIN)
            waited += LOOK_AGAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSealed:
    """Sends a run's sealed files, and older leftovers of its task first."""

    open_work: OpenWork
    batches: Batches
    texts: Texts
    locales: Locales

    def __call__(self, execution: Execution) -> Outcome:
        """Succeeds once the run's own files have arrived; raises `LeftInSpool` or `ParkedInSpool` otherwise."""
        task, run = number_of(execution, "task"), number_of(execution, "run")
        destination = str(execution.request["destination"])
        training = execution.request["training"] is True
        if self.batches(execution, task, destination, training=training, only_due=False) is None:
            raise Unavailable(f"others are sending to {destination_name(destination)}; it will be tried again")
        with self.open_work(execution.fence) as work:
            own = [file for file in work.sendings.files_of(run, ()).values() if file.state is not FileState.DISCARDED]
            if work.spool.held_back(file.id for file in own if file.state is not FileState.DELIVERED):
                raise HeldBack("its site has just left normal mode; the files go once it is back")
            elsewhere = [
                left for left in work.retries.left(task) if (left.destination, left.training) != (destination, training)
            ]
            if elsewhere:  # older leftovers that were sealed for another destination go there beside
                soonest = min(left.next_attempt_time for left in elsewhere)
                schedule_retry(work, task, str(execution.request["site"]), soonest)
        locale = self.locales(execution.caller)
        own.sort(key=lambda file: file.ordinal)
        left = [file for file in own if file.state is not FileState.DELIVERED]
        if left:
            raise self._left(left, locale)
        told = "report.practised" if training else "report.sent"
        return Outcome(
            report="\n".join(
                self.texts.get(
                    told,
                    locale,
                    file_name=file.final_name,
                    destination=destination_name(destination),
                    size_bytes=file.size_bytes,
                )
                for file in own
            )
        )

    def _left(self, files: Sequence[SpoolFile], locale: str) -> LeftInSpool | ParkedInSpool:
        """Why the first has not arrived, or the first that is set aside, and what to do.

        That the result could not be saved at its destination is the scheduler's to say.
        """
        parked = [file for file in files if file.state is FileState.PARKED]
        first = (parked or files)[0]
        # One without a failure was never tried.
        why = explain(self.texts, locale, first.failure or failure_of(SiteNotNormal(first.file_name, first.site)))
        told = f"{why.message}\n{why.remedy}"
        if not parked:
            return LeftInSpool(told)
        decide = self.texts.get("report.parked", locale, files=len(parked), file_name=first.file_name, run=first.run)
        return ParkedInSpool(f"{told}\n{decide}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryLeftovers:
    """Sends again what a task could not send, and comes back for as long as something remains."""

    open_work: OpenWork
    batches: Batches
    come_back: timedelta  #: soonest, where a destination was busy

    def __call__(self, execution: Execution) -> Outcome:
        """The transaction that looks at what remains also stores the next operation for it."""
        task, site = number_of(execution, "task"), str(execution.request["site"])
        with self.open_work(execution.fence) as work:
            destinations = [(left.destination, left.training) for left in work.retries.left(task)]
        for destination, training in destinations:
            self.batches(execution, task, destination, training=training, only_due=True)
        with self.open_work(execution.fence) as work:
            left = work.retries.left(task)
            if left:
                soonest = max(min(each.next_attempt_time for each in left), work.now() + self.come_back)
                schedule_retry(work, task, site, soonest)
            held = work.retries.held_site(task)  # the task may have moved to another since
            if held is not None:
                retry_when_normal(work, task, held)
        return Outcome()


def number_of(execution: Execution, name: str) -> int:
    """A number of the operation's request."""
    value = execution.request[name]
    if not isinstance(value, int):
        raise TypeError(f"{name} of operation {execution.id} is no number")
    return value
