"""Seals a run's files for a destination, and has them sent."""

from dataclasses import dataclass

from chassis.errors import FieldProblem, InvalidInput
from chassis.operations import NewOperation, OperatingMode
from chassis.texts import Texts
from services.delivery.application.ports import OpenWork, Spool, Work
from services.delivery.domain.errors import RunSealed
from services.delivery.domain.kinds import SEND_SPOOL
from services.delivery.domain.sealing import Manifest, SealPlan, plan_seal

SOURCE = "spool"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSpool:
    """One transaction seals the manifest, drops the run's other files and stores the operation that sends."""

    open_work: OpenWork
    spool: Spool
    texts: Texts
    locale: str  #: of the journal

    def __call__(self, manifest: Manifest) -> int:
        """Answers how many files of the task are to be sent now; a repeat answers the same."""
        with self.open_work() as work:
            count, plan = self._seal(work, manifest)
        for dropped in plan.drop:  # after the commit; what a crash leaves here, the sweeper takes away
            self.spool.remove(manifest.task, dropped)
        return count

    def _seal(self, work: Work, manifest: Manifest) -> tuple[int, SealPlan]:
        work.sendings.lock(manifest.run)
        earlier = work.sendings.find(manifest.attempt, manifest.run)
        if earlier is not None:
            return earlier_answer(manifest, *earlier), SealPlan(seal=(), drop=())
        destination = work.destinations.hold(manifest.destination)
        files = work.sendings.files_of(manifest.run, manifest.files)
        plan = plan_seal(manifest, files)
        count = work.sendings.apply(manifest, plan)
        work.operations.add(
            NewOperation(
                kind=SEND_SPOOL,
                id=manifest.attempt,
                request={
                    "task": manifest.task,
                    "run": manifest.run,
                    "destination": manifest.destination,
                    "site": manifest.site,
                    "training": manifest.training,
                },
                site=manifest.site,
                mode=OperatingMode(manifest.mode),
                caller=manifest.owner,
                traceparent=manifest.traceparent or None,
            )
        )
        text = self.texts.get(
            "journal.sealed",
            self.locale,
            run=manifest.run,
            task=manifest.task,
            destination=destination.name,
            files=len(plan.seal),
            dropped=len(plan.drop),
            waiting=count,
        )
        work.journal.write(text, source=SOURCE, user=manifest.owner, correlation=str(manifest.attempt))
        return count, plan


def earlier_answer(manifest: Manifest, earlier: Manifest, count: int) -> int:
    """The first answer, where this is the same sealing again."""
    if earlier.attempt != manifest.attempt:
        raise RunSealed(f"runs/{manifest.run}")
    same = (earlier.task, earlier.run, earlier.destination, tuple(earlier.files)) == (
        manifest.task,
        manifest.run,
        manifest.destination,
        tuple(manifest.files),
    )
    if not same:
        raise InvalidInput(
            FieldProblem("attempt", f"{manifest.attempt} has sealed other files; a sending of its own has a new UUID")
        )
    return count
