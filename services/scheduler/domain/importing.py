"""What becomes of the tasks of a file where titles exist already, decided before anything is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

from chassis.errors import FieldProblem, InvalidInput
from services.scheduler.domain.tasks import MAX_TITLE, task_name


class ConflictPolicy(StrEnum):
    """What to do with a task whose title exists on the site."""

    SKIP = "skip"  #: it is left out
    RENAME = "rename"  #: it gets a title of its own
    REPLACE = "replace"  #: it takes the place of the existing one, which keeps its name and owner


class Outcome(StrEnum):
    """What becomes of a task of a file."""

    CREATED = "created"  #: a new task
    RENAMED = "renamed"  #: a new task under another title
    REPLACED = "replaced"  #: in the place of an existing task
    SKIPPED = "skipped"  #: left out: the title exists


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a task of a file goes."""

    outcome: Outcome
    title: str
    task: int | None = None  #: the existing one whose place it takes


def plan_import(
    titles: Sequence[str], existing: Mapping[str, Sequence[int]], policy: ConflictPolicy
) -> Sequence[Placement]:
    """Where each task of a file goes, in order; one that has been placed exists for those after it.

    Raises `InvalidInput` where it cannot be told which task is to be replaced, or would be replaced twice.
    """
    taken, fresh = set(existing), set[str]()
    numbers: dict[str, int] = {}
    placed: list[Placement] = []
    problems: list[FieldProblem] = []
    for place, title in enumerate(titles):
        if title not in taken:
            placed.append(Placement(outcome=Outcome.CREATED, title=title))
        elif policy is ConflictPolicy.SKIP:
            placed.append(Placement(outcome=Outcome.SKIPPED, title=title))
        elif policy is ConflictPolicy.RENAME:
            free, numbers[title] = _numbered(title, taken, numbers.get(title, 2))
            placed.append(Placement(outcome=Outcome.RENAMED, title=free))
        elif title in fresh:
            problems.append(FieldProblem(f"tasks[{place}].title", f"{title!r} stands twice in the file; rename one"))
        elif len(existing[title]) > 1:
            names = ", ".join(task_name(number) for number in existing[title][:3])
            problems.append(
                FieldProblem(f"tasks[{place}].title", f"several tasks have this title ({names}); rename all but one")
            )
        else:
            placed.append(Placement(outcome=Outcome.REPLACED, title=title, task=existing[title][0]))
        fresh.add(title)
        taken.update((title, *(each.title for each in placed[-1:])))
    if problems:
        raise InvalidInput(*problems)
    return placed


def free_title(title: str, suffixes: Iterable[str], taken: Iterable[str]) -> str:
    """The title with the first suffix that makes it one nobody has; it is cut where it would grow too long."""
    known = set(taken)
    return next(free for suffix in suffixes if (free := _with(title, suffix)) not in known)


def _numbered(title: str, taken: set[str], first: int) -> tuple[str, int]:
    """The title with the next number that nobody has, and the number to try after it."""
    for number in count(first):
        free = _with(title, f" ({number})")
        if free not in taken:
            return free, number + 1
    raise AssertionError("numbers do not end")


def _with(title: str, suffix: str) -> str:
    return title[: MAX_TITLE - len(suffix)].rstrip() + suffix
