"""What a task does about instants that were missed, about runs that would overlap, and to spread its beginnings."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from chassis.errors import FieldProblem

MAX_RUNS = 1_000
MIN_GRACE, MAX_GRACE = timedelta(seconds=1), timedelta(days=1)
MIN_WINDOW, MAX_WINDOW = timedelta(seconds=1), timedelta(days=366)
MAX_JITTER = timedelta(days=1)
MICROSECOND = timedelta(microseconds=1)


class Overlap(StrEnum):
    """What happens to an instant that comes while a run of the task has not ended."""

    SKIP = "skip"  #: it does not run
    BUFFER_ONE = "buffer_one"  #: it waits, unless one waits already
    CANCEL_RUNNING = "cancel_running"  #: what runs is cancelled, then it runs
    ALLOW = "allow"  #: it runs beside the other


class MisfireKind(StrEnum):
    """What happens to instants that passed while nobody could fire them."""

    SKIP = "skip"  #: they do not run
    ONCE = "once"  #: they run as one, which stands for the latest
    ALL = "all"  #: the latest of them run, one after the other


class SkipReason(StrEnum):
    """Why an occurrence did not run."""

    OVERLAP = "overlap"  #: a run of the task had not ended
    MISFIRE = "misfire"  #: it was missed, and the task's policy does not make it up
    PAUSED = "paused"  #: somebody had paused the task
    ISOLATED = "isolated"  #: its site was isolated ("mode isolé")
    TRAINING = "training"  #: its site was in training ("mode école")
    SITE_OFFLINE = "site_offline"  #: its site stayed away for longer than a run waits for it


@dataclass(frozen=True, slots=True, kw_only=True)
class MisfirePolicy:
    """When an instant counts as missed, and what is made up."""

    kind: MisfireKind = MisfireKind.ONCE
    max_runs: int = 100  #: of kind ALL: how many are made up at most, 1 to 1,000
    grace: timedelta = timedelta(seconds=60)  #: an instant this late is still on time, 1 s to 1 day
    window: timedelta | None = None  #: what was missed for longer is never made up, 1 s to 366 days


def misfire_problems(policy: MisfirePolicy, field: str) -> Iterator[FieldProblem]:
    """What is wrong with a policy; `field` is where it stands."""
    if not 1 <= policy.max_runs <= MAX_RUNS:
        yield FieldProblem(f"{field}.max_runs", f"write 1 to {MAX_RUNS}")
    if not MIN_GRACE <= policy.grace <= MAX_GRACE:
        yield FieldProblem(f"{field}.grace", "write 1 s to one day")
    if policy.window is not None and not MIN_WINDOW <= policy.window <= MAX_WINDOW:
        yield FieldProblem(f"{field}.window", "write 1 s to 366 days, or leave it out")


def jitter(task: int, nominal: datetime, spread: timedelta, following: datetime | None) -> timedelta:
    """How much later than its nominal time an occurrence fires: below `spread`, and before the following instant.

    It is drawn from the task and the occurrence, so every planner draws the same, and no restart fires twice.
    """
    room = spread if following is None else min(spread, following - nominal)
    drawn = blake2b(f"{task} {nominal.astimezone(UTC).isoformat()}".encode(), digest_size=8).digest()
    return (room // MICROSECOND * int.from_bytes(drawn, "big") >> 64) * MICROSECOND
