"""A person changes a site. Tasks that fire by its zone fire by the new one; what is new at it hears its mode."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chassis.errors import StaleEtag
from services.scheduler.application.note_missed import note_missed
from services.scheduler.application.ports import Work
from services.scheduler.application.push_modes import push_modes
from services.scheduler.application.schedule_task import Next, next_after_change, state_of
from services.scheduler.domain.planning import Plan
from services.scheduler.domain.sites import Site, SiteDraft, own_handlers, told_of_mode
from services.scheduler.domain.tasks import Task, TaskState


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateSite:
    """Puts checked drafts in the place of those that etags stand for."""

    central: Sequence[str]  #: keys of the central handlers, delivery among them

    def __call__(self, work: Work, id: str, *, draft: SiteDraft, etag: str, validate_only: bool) -> Site:
        """Raises `StaleEtag`."""
        before = work.sites.get(id)
        moved = draft.time_zone != before.time_zone
        if moved and not validate_only:  # schedules are locked before their sites, by planners, too
            work.tasks.lock_following_zone(id)
        before = work.sites.lock(id)
        if etag != before.etag:
            raise StaleEtag(before.name)
        if validate_only:
            return replace(before, draft=draft)
        work.sites.change(id, draft)
        if moved:
            _reschedule(work, before)
        self._tell(work, before, draft)
        return work.sites.get(id)

    def _tell(self, work: Work, before: Site, draft: SiteDraft) -> None:
        """Whoever is reached elsewhere than before has not been told the mode; whoever is gone need not be."""
        new = _changed(own_handlers(before.id, before.draft), own_handlers(before.id, draft))
        still = (before.unacknowledged & told_of_mode(before.id, draft, self.central)) | new
        if still != before.unacknowledged or new:
            work.sites.set_mode(before.id, before.mode, still)  # a version of its own: an older word is not the answer
            push_modes(work, new)


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> frozenset[str]:
    return frozenset(key for key, address in after.items() if before.get(key) != address)


def _reschedule(work: Work, before: Site) -> None:
    """The tasks that fire by the zone of a site; instants that have come and were not seen stay where they agree."""
    site, now = work.sites.get(before.id), work.now()
    tasks = work.tasks.get_many(work.tasks.lock_following_zone(before.id)).values()
    plans: list[Plan] = []
    moved: list[tuple[Task, Site, Next]] = []
    over: list[int] = []
    for task in tasks:
        following = next_after_change(task.draft, site, now, task.number, task.next_time)
        moved.append((task, before, following))
        plans.append(Plan(task=task.number, next_time=following.time, fire_time=following.fire_time))
        if state_of(task.draft, following, paused=False) is TaskState.COMPLETED:
            over.append(task.number)
    note_missed(work, moved)
    work.schedule.advance(plans)
    work.schedule.wake()
    if over:
        work.tasks.set_state(over, TaskState.COMPLETED)
