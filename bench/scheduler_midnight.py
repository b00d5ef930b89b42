"""Ten thousand tasks due in one second: how soon each has its run; beside APScheduler's jobs, and the least there is.

Ours are real planners, one process and two: triggers read, next instants computed, occurrences proved, rows of runs and
of their first steps committed, bells rung. Lateness is from the instant to the commit, as PostgreSQL kept it.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import redis
import sqlalchemy as sa

from bench import servers
from bench.figures import Figure, speed
from bench.peers import apscheduler_jobs, bare
from bench.processes import Processes
from bench.scheduler_house import SchedulerHouse
from bench.servers import Servers

BENCH = "scheduler-midnight"
TASKS = 10_000
PLANNERS = (1, 2)
AHEAD = timedelta(seconds=3)  #: of the instant; by then everybody sleeps
BELLS = "dramatiq:backroom.scheduler"
LATENESS = sa.text(
    "SELECT percentile_disc(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY"
    " extract(epoch FROM pg_xact_commit_timestamp(xmin) - nominal_time)) FROM run"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """How it went."""

    lateness: Sequence[float]  #: seconds: of the median, of all but one in a hundred, of the last
    cpu: Mapping[str, float]  #: seconds of the processors, by process


def main() -> None:
    with servers.started() as both:
        both.remember_commits()
        house = SchedulerHouse(both, "template")
        house.fill(TASKS)
        house.close()
        nights = {planners: measure_ours(both, planners) for planners in PLANNERS}
        both.settle()
        bound = bare.measure(both.postgres.url("planners_1"), both.valkey.url)
        both.settle()
        peer = apscheduler_jobs.measure(both.postgres.create_database("apscheduler"), TASKS)
    for planners, night in nights.items():
        show(f"{planners} planner{'s' * (planners > 1)}", night, peer, bound)


def show(who: str, night: Night, peer: float, bound: float) -> None:
    """The figures of one night."""
    fired = TASKS / night.lateness[-1]
    speed(BENCH, f"fired, {who}", fired, "tasks/s", apscheduler_jobs.NAME, peer).show()
    speed(BENCH, f"fired, {who}", fired, "tasks/s", bare.NAME, bound).show()
    for name, seconds in zip(("median", "p99", "last"), night.lateness, strict=True):
        Figure(bench=BENCH, figure=f"lateness, {name}, {who}", value=round(1000 * seconds), unit="ms").show()
    for name, seconds in night.cpu.items():
        spent = round(1000 * seconds / TASKS, 4)
        Figure(bench=BENCH, figure=f"CPU of a task, {name}, {who}", value=spent, unit="ms").show()


def measure_ours(both: Servers, planners: int) -> Night:
    """A midnight of ours, on a database of its own."""
    house = SchedulerHouse(both, f"planners_{planners}", template="template")
    with Processes(both.folder, both.pids) as processes, redis.Redis.from_url(both.valkey.url) as broker:
        broker.delete(BELLS)
        for number in range(planners):
            house.start(processes, f"plan-{number}", "plan")
        both.settle()
        due = house.now().replace(microsecond=0) + AHEAD
        house.make_due(due)
        house.tidy()
        time.sleep((due - house.now()).total_seconds())
        processes.start_clock()
        processes.wait_for("the runs", lambda: house.count("run") == TASKS, pause=0.2)
        taken = processes.stop_clock()
        with house.database.begin() as connection:
            lateness = [float(seconds) for seconds in connection.execute(LATENESS).scalar_one()]
        assert house.count("run WHERE occurrence AND operation IN (SELECT id FROM operation)") == TASKS
        assert broker.llen(BELLS), "no bell was rung"
    house.close()
    return Night(lateness=lateness, cpu=taken.cpu)
