"""What finding and firing a hundred due tasks costs among a thousand, and among a million that are not due.

A cycle is the planner's own: claim, plan, write runs and their first steps, move schedules on, commit, ring bells.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from time import perf_counter

import sqlalchemy as sa

from bench import servers
from bench.figures import Figure
from bench.scheduler_house import SchedulerHouse
from bench.servers import Servers
from services.scheduler.wiring import Parts

BENCH = "scheduler-due-scan"
SIZES = (1_000, 10_000, 100_000, 1_000_000)
DUE = 100
WARM, CYCLES = 10, 41

#: Somewhere in the coming night, each at its own second.
SPREAD = sa.text(
    "UPDATE task_schedule SET next_time = night.at, fire_time = night.at FROM ("
    "SELECT task, date_trunc('second', now()) + interval '1 hour' + (task * 7919 % 36000) * interval '1 second' AS at"
    " FROM task_schedule) AS night WHERE night.task = task_schedule.task"
)
MAKE_DUE = sa.text(
    "UPDATE task_schedule SET next_time = date_trunc('second', clock_timestamp()) - interval '1 second',"
    " fire_time = date_trunc('second', clock_timestamp()) - interval '1 second' WHERE task = ANY(:tasks)"
)
#: The runs of the cycle before are over, so that each cycle fires and none is skipped for an overlap.
END_RUNS = sa.text("UPDATE run SET state = 'succeeded', end_time = now() WHERE end_time IS NULL")


def main() -> None:
    taken: dict[int, list[float]] = {size: [] for size in SIZES}
    with servers.started() as both, ExitStack() as opened:
        houses = {size: opened.enter_context(full_house(both, size)) for size in SIZES}
        both.settle()
        for number in range(WARM + CYCLES):
            for size, (house, parts) in houses.items():  # in turn, so that whatever disturbs the machine disturbs all
                taken[size].append(cycle(house, parts, size, number))
    medians = {size: median(seconds[WARM:]) for size, seconds in taken.items()}
    first = medians[SIZES[0]]
    for size, seconds in medians.items():
        Figure(
            bench=BENCH,
            figure=f"cycle with {DUE} due among {size}",
            value=round(1000 * seconds, 2),
            unit="ms",
            against=f"the same among {SIZES[0]}",
            against_value=round(1000 * first, 2),
            ratio=round(first / seconds, 2),
        ).show()


@contextmanager
def full_house(both: Servers, size: int) -> Iterator[tuple[SchedulerHouse, Parts]]:
    """A scheduler with so many tasks, none of them due."""
    house = SchedulerHouse(both, f"tasks_{size}")
    house.fill(size)
    with house.database.begin() as connection:
        connection.execute(SPREAD)
    house.tidy()
    parts = house.parts()
    yield house, parts
    parts.runtime.close()
    house.close()


def cycle(house: SchedulerHouse, parts: Parts, size: int, number: int) -> float:
    """Seconds of one cycle. Making tasks due, others each time and from all over the table, is not counted."""
    tasks = [1 + (7 * number + each * (size // DUE)) % size for each in range(DUE)]
    with house.database.begin() as connection:
        connection.execute(END_RUNS)
        assert connection.execute(MAKE_DUE, {"tasks": tasks}).rowcount == DUE
    begun = perf_counter()
    with parts.open_work() as work:
        fired = parts.plan_due(work)
    seconds = perf_counter() - begun
    assert fired == DUE
    return seconds
