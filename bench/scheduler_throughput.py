"""No-op runs per second through the whole path, in real processes; and the no-op jobs of procrastinate and Celery.

Ours: the planner makes the runs, a bell wakes the scheduler's worker, which asks the handler over gRPC; the handler's
worker does nothing, under a lease and a fence; the scheduler hears of it, writes the report into the inbox and ends the
run. The peers' work is stored before the clock starts. Rounds take turns, and the best of each side counts: what else
the machine does only takes away.
"""

import time
from datetime import datetime, timedelta

import redis
import sqlalchemy as sa

from bench import servers
from bench.figures import Figure, speed
from bench.peers import celery_jobs, procrastinate_jobs
from bench.processes import Processes, Taken
from bench.scheduler_house import TASK_TYPE, SchedulerHouse
from bench.servers import Servers
from chassis.database import Database

BENCH = "scheduler-throughput"
RUNS = 3_000
ROUNDS = 3
AHEAD = timedelta(seconds=3)  #: of the instant; by then everybody sleeps

RUN_STEPS = "SELECT max(create_time) AS planned, max(start_time) AS started, max(end_time) AS ended FROM run"
HANDLED = "SELECT max(create_time) AS accepted, max(end_time) AS handled FROM operation WHERE kind = :kind"

Steps = dict[str, float]  #: seconds after the instant by which the last run had got so far, by the rows themselves


def main() -> None:
    ours: list[tuple[Taken, Steps]] = []
    peers: dict[str, list[Taken]] = {procrastinate_jobs.NAME: [], celery_jobs.NAME: []}
    with servers.started() as both:
        house = SchedulerHouse(both, "template")
        house.fill(RUNS)
        house.close()
        for number in range(ROUNDS):
            ours.append(measure_ours(both, number))
            url = both.postgres.create_database(f"procrastinate_{number}")
            for name, peer, address in (
                (procrastinate_jobs.NAME, procrastinate_jobs.measure, url),
                (celery_jobs.NAME, celery_jobs.measure, both.valkey.url),
            ):
                clear(both)
                with Processes(both.folder, both.pids) as processes:
                    peers[name].append(peer(address, RUNS, processes))
    best, steps = min(ours, key=lambda each: each[0].seconds)
    for name, taken in peers.items():
        fastest = min(taken, key=lambda each: each.seconds)
        speed(BENCH, "no-op runs", RUNS / best.seconds, "runs/s", name, RUNS / fastest.seconds).show()
        show_costs(f"one of {name}", fastest)
    show_costs("a run of ours", best)
    for step, seconds in steps.items():
        Figure(bench=BENCH, figure=f"last run {step}", value=round(seconds, 2), unit="s after it was due").show()


def show_costs(what: str, taken: Taken) -> None:
    """The processors' time that it cost, by process and in all."""
    for name, seconds in [("all processes", sum(taken.cpu.values())), *taken.cpu.items()]:
        Figure(bench=BENCH, figure=f"CPU of {what}: {name}", value=round(1000 * seconds / RUNS, 3), unit="ms").show()


def clear(both: Servers) -> None:
    """Leaves the servers to the next one as they were found."""
    with redis.Redis.from_url(both.valkey.url) as broker:
        broker.flushall()
    both.settle()


def measure_ours(both: Servers, number: int) -> tuple[Taken, Steps]:
    """One round of ours, on databases of its own."""
    house = SchedulerHouse(both, f"scheduler_{number}", template="template")
    clear(both)
    with Processes(both.folder, both.pids) as processes:
        handled = house.start_handler(processes, both, f"handler_{number}")
        house.start(processes, "scheduler-work", "work")
        house.start(processes, "scheduler-plan", "plan")
        due = house.now().replace(microsecond=0) + AHEAD
        house.make_due(due)
        house.tidy()
        time.sleep((due - house.now()).total_seconds())
        processes.start_clock()
        processes.wait_for(
            "the runs", lambda: house.count("run WHERE state = 'succeeded'") == RUNS, patience=120, pause=0.05
        )
        taken = processes.stop_clock()
        assert house.count("message") == RUNS, "somebody was not told"
        steps = steps_of(house.database, due, RUN_STEPS) | steps_of(handled, due, HANDLED)
    handled.close()
    house.close()
    return taken, dict(sorted(steps.items(), key=lambda step: step[1]))


def steps_of(database: Database, due: datetime, query: str) -> Steps:
    """When the last run had taken each of the steps that the query names."""
    with database.begin() as connection:
        (row,) = connection.execute(sa.text(query), {"kind": TASK_TYPE} if ":kind" in query else {}).mappings()
    return {name: (instant - due).total_seconds() for name, instant in row.items()}
