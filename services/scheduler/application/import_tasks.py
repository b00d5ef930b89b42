"""The tasks of a file come onto a site, all of them or none, as one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chassis.errors import FieldProblem, InvalidInput, StaleEtag
from services.scheduler.application.check_draft import hidden
from services.scheduler.application.ports import Work
from services.scheduler.application.schedule_task import check_any_to_come, next_after, state_of
from services.scheduler.application.update_task import TaskChange, placed, update_tasks
from services.scheduler.domain.changes import NewTask
from services.scheduler.domain.errors import BadTrigger
from services.scheduler.domain.importing import ConflictPolicy, Outcome, Placement, plan_import
from services.scheduler.domain.secret_options import lacks, missing_secrets, with_secrets
from services.scheduler.domain.sites import Site
from services.scheduler.domain.task_types import TaskType
from services.scheduler.domain.tasks import Task, TaskDraft, TaskState, run_pool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTask:
    """A task of a file, of a draft that is checked but for its secrets."""

    draft: TaskDraft
    kind: TaskType
    paused: bool
    left_out: Sequence[str]  #: secrets that it had and that the file does not hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What became of a task of a file."""

    outcome: Outcome
    title: str
    task: int | None  #: None where it was left out or only checked
    missing_secrets: Sequence[str]


def unknown_site(site: str) -> FieldProblem:
    """What is wrong with a header that names a site that there is not."""
    return FieldProblem("header.site", f"`{site}` is not a site; leave it empty or write one of ListSites")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """A task of a file, where it goes, and what it lacks there."""

    place: int
    placement: Placement
    draft: TaskDraft
    handler: str
    paused: bool
    missing: Sequence[str]

    @property
    def path(self) -> str:
        return f"tasks[{self.place}]."


def import_tasks(
    work: Work, given: Sequence[ExportedTask], *, site: str, policy: ConflictPolicy, owner: str, validate_only: bool
) -> Sequence[Imported]:
    """What became of each, in the order of the file. Raises `InvalidInput` with the place of every problem."""
    work.tasks.hold_titles(site)
    placements = plan_import([each.draft.title for each in given], work.tasks.titles_at(site), policy)
    existing = work.tasks.lock_many(each.task for each in placements if each.task is not None)
    for each in placements:
        if each.task is not None and (task := existing[each.task]).draft.title != each.title:
            raise StaleEtag(task.name)  # somebody gave it another title meanwhile; a repeat finds what is there then
    kept = work.sites.keep(site)  # after schedules, as everywhere
    if kept is None:
        raise InvalidInput(unknown_site(site))
    tasks = [_placed(place, *pair, existing) for place, pair in enumerate(zip(given, placements, strict=True))]
    fresh = [each for each in tasks if each.placement.outcome in (Outcome.CREATED, Outcome.RENAMED)]
    replacing = [each for each in tasks if each.placement.outcome is Outcome.REPLACED]
    numbers = _create(work, fresh, kept, owner, validate_only=validate_only)
    _replace(work, replacing, existing, validate_only=validate_only)
    numbers |= {each.place: each.placement.task for each in replacing if each.placement.task is not None}
    return [
        Imported(
            outcome=each.placement.outcome,
            title=each.placement.title,
            task=None if validate_only else numbers.get(each.place),
            missing_secrets=() if each.placement.outcome is Outcome.SKIPPED else each.missing,
        )
        for each in tasks
    ]


def _placed(place: int, given: ExportedTask, placement: Placement, existing: dict[int, Task]) -> _Placed:
    """A replaced task keeps its secrets: no file brings them."""
    schema, options = given.kind.options_schema, given.draft.options
    if placement.task is not None and (kept := existing[placement.task].draft).task_type == given.draft.task_type:
        options = with_secrets(options, kept.options, schema)
    left_out = [path for path in given.left_out if lacks(options, path)]
    missing = sorted({*left_out, *missing_secrets(options, schema)})
    return _Placed(
        place=place,
        placement=placement,
        draft=hidden(replace(given.draft, title=placement.title, options=options), given.kind),
        handler=given.kind.handler,
        paused=given.paused or bool(missing),
        missing=missing,
    )


def _create(work: Work, tasks: Sequence[_Placed], site: Site, owner: str, *, validate_only: bool) -> dict[int, int]:
    """Keeps new tasks; their numbers by their places. One that is over by now is kept as completed."""
    states = {each.place: TaskState.PAUSED if each.paused else TaskState.ENABLED for each in tasks}
    numbers = dict.fromkeys(states, 0)
    if not validate_only:
        new = [NewTask(draft=each.draft, handler=each.handler, owner=owner, state=states[each.place]) for each in tasks]
        numbers = dict(zip(states, work.tasks.add_many(new), strict=True))
    now, times, over = work.now(), {}, []
    problems: list[FieldProblem] = []
    for each in tasks:
        number = numbers[each.place]
        following = next_after(each.draft, site, now, number)
        try:
            check_any_to_come(each.draft, site, following, number, may_be_over=True)
        except (InvalidInput, BadTrigger) as error:
            problems += placed(error, each.path)
        times[number] = following.time, None if each.paused else following.fire_time
        if state_of(each.draft, following, paused=each.paused) is TaskState.COMPLETED:
            over.append(number)
    if problems:
        raise InvalidInput(*problems)
    if validate_only:
        return numbers
    work.schedule.set_many(times)
    if over:
        work.tasks.set_state(over, TaskState.COMPLETED)
    work.pools.ensure_many(run_pool(each.draft, numbers[each.place]) for each in tasks)
    return numbers


def _replace(work: Work, tasks: Sequence[_Placed], existing: dict[int, Task], *, validate_only: bool) -> None:
    """Changes existing tasks. One that somebody paused stays so."""
    problems: list[FieldProblem] = []
    changes: list[TaskChange] = []
    for each in tasks:
        task = existing[each.placement.task or 0]
        if each.draft.task_type != task.draft.task_type:
            said = f"{task.name} has this title and is of the type {task.draft.task_type}, which cannot change"
            problems.append(FieldProblem(f"{each.path}task_type", f"{said}; rename one of them"))
        changes.append(
            TaskChange(number=task.number, draft=each.draft, etag=task.etag, place=each.path, may_be_over=True)
        )
    if problems:
        raise InvalidInput(*problems)
    update_tasks(work, changes, validate_only=validate_only)
    paused = [each.placement.task for each in tasks if each.paused and each.placement.task is not None]
    if paused and not validate_only:
        work.tasks.set_state(paused, TaskState.PAUSED)
        work.schedule.stop(paused)
