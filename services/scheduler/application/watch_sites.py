"""One look at the sites: who has fallen silent, who is back, whose runs go on, and whose have waited for too long.

It looks at how things stand, not at what has changed, so whatever one look misses the next one finds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.journal import Level, NewEntry
from services.scheduler.application.end_runs import EndRuns
from services.scheduler.application.let_go import let_go
from services.scheduler.application.ports import Texts, Work
from services.scheduler.application.steps import hold
from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.results import Ends
from services.scheduler.domain.runs import Failure, RunState
from services.scheduler.domain.sites import Site

JOURNAL_SOURCE = "sites"
WAITED_TOO_LONG = Failure(
    code="UNAVAILABLE", reason="SITE_OFFLINE", message="its site was offline for longer than a run waits for it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchSites:
    """Looks, for any number of workers at once: one of them does it, the others need not."""

    end_runs: EndRuns
    texts: Texts
    locale: str  #: of the journal
    batch: int = 1_000

    def __call__(self, work: Work) -> bool:
        """True where there may be more to do at once."""
        if not work.sites.only_watcher():
            return False
        self._tell(work, work.sites.look())
        back = work.holds.back(self.batch)
        let_go(work, back)
        expired = work.holds.expired(self.batch)
        self._skip(work, expired)
        done = work.tasks.lock_done(self.batch)
        if done:
            work.tasks.delete_done(done)
        return max(len(back), len(expired), len(done)) >= self.batch

    def _tell(self, work: Work, changed: Sequence[Site]) -> None:
        work.journal.write_many(
            [
                NewEntry(
                    text=self.texts.get(
                        "journal.site_back" if site.online else "journal.site_silent", self.locale, site=site.name
                    ),
                    source=JOURNAL_SOURCE,
                    level=Level.INFORMATION if site.online else Level.WARNING,
                    correlation=site.name,
                )
                for site in changed
            ]
        )

    def _skip(self, work: Work, numbers: Sequence[int]) -> None:
        if not numbers:
            return
        now = work.now()
        runs = {
            number: run
            for number, run in hold(work, numbers).items()
            if run.state is RunState.HELD and run.hold_expire_time is not None and run.hold_expire_time <= now
        }
        ends = [
            Ends(run=number, state=RunState.SKIPPED, reason=SkipReason.SITE_OFFLINE, failure=WAITED_TOO_LONG)
            for number in runs
        ]
        self.end_runs(work, ends, runs)
