"""A site is put into a mode: its runs, our own work for it and the word to everybody else, in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.operations.model import OperatingMode as EngineMode
from chassis.operations.model import SiteMode as EngineSiteMode
from services.scheduler.application.end_runs import promote
from services.scheduler.application.let_go import let_go
from services.scheduler.application.ports import Texts, Work
from services.scheduler.application.push_modes import push_modes
from services.scheduler.application.steps import hold
from services.scheduler.domain.changes import RunChange
from services.scheduler.domain.planning import SKIPPED_BY_MODE
from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.runs import RunState
from services.scheduler.domain.sites import OperatingMode, Site, site_name, told_of_mode

JOURNAL_SOURCE = "sites"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMode:
    """Changes what a site may do by itself."""

    texts: Texts
    central: Sequence[str]  #: keys of the central handlers, delivery among them
    locale: str  #: of the journal

    def __call__(self, work: Work, id: str, mode: OperatingMode, *, caller: str, peer: str) -> Site:
        """The site in that mode; one that is in it already stays as it is."""
        before = work.sites.lock(id)
        if before.mode is mode:
            return before
        site = work.sites.set_mode(id, mode, told_of_mode(id, before.draft, self.central))
        reason = SKIPPED_BY_MODE.get(mode)
        if reason is None:
            let_go(work, work.holds.held_by_mode(id))
        else:
            _hold_back(work, id, reason)
        spread(work, site)
        work.journal.write(
            self.texts.get(
                "journal.site_mode",
                self.locale,
                site=site.name,
                before=self._mode(before.mode),
                after=self._mode(mode),
            ),
            source=JOURNAL_SOURCE,
            user=caller,
            peer=peer,
            correlation=site_name(id),
        )
        return site

    def _mode(self, mode: OperatingMode) -> str:
        return self.texts.get(f"mode.{mode.value}", self.locale)


def spread(work: Work, site: Site) -> None:
    """Our own engine keeps a site's mode at once; everybody else is told."""
    work.operations.set_modes([EngineSiteMode(site=site.id, mode=EngineMode(site.mode), version=site.mode_version)])
    push_modes(work, site.unacknowledged)


def _hold_back(work: Work, site: str, reason: SkipReason) -> None:
    """Whatever a site has begun by itself stays where it is; what others wait for in its pools goes on."""
    runs = [run for run in hold(work, work.holds.to_hold(site)).values() if not run.ended]
    work.runs.change(
        [
            RunChange(
                number=run.number,
                state=RunState.HELD,
                operation=run.operation,
                reason=reason,
                progress=run.progress,
            )
            for run in runs
            if run.reason is not SkipReason.SITE_OFFLINE
        ]
    )
    promote(work, {run.pool for run in runs})
