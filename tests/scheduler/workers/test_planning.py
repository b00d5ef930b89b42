"""Planners, several at once, on a real database."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

from services.scheduler.application.pause_task import pause_task
from services.scheduler.domain.policies import Overlap
from services.scheduler.domain.runs import RunState
from services.scheduler.domain.schedules import Schedule
from services.scheduler.domain.tasks import TaskState
from services.scheduler.domain.triggers import OnceTrigger
from services.scheduler.storage.alarm import ListeningAlarm
from services.scheduler.workers.planner import Planner
from tests.scheduler.conftest import House


def test_two_planners_make_one_run_of_each_of_500_tasks_due_in_the_same_second(house: House) -> None:
    due = house.now() - timedelta(seconds=1)
    for number in range(500):
        house.task(f"t{number}", cron="30 22 * * *", due=due)
    parts = house.parts
    small = replace(parts.plan_due, batch=7)  # so that both have work
    planners = [
        Planner(
            parts.open_work, small, parts.planner_measures, ListeningAlarm(house.runtime.database, threading.Event())
        )
        for _ in range(2)
    ]
    start = threading.Barrier(2)

    def plan(place: int) -> None:
        start.wait()
        for _ in range(80):
            planners[place].look()

    threads = [threading.Thread(target=plan, args=(place,)) for place in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    runs = house.runs()
    assert len(runs) == len({run.task for run in runs}) == 500
    assert {run.operation for run in runs} == set(house.steps())


def test_an_occurrence_that_was_fired_before_is_not_fired_again(house: House) -> None:
    due = house.now() - timedelta(seconds=1)
    task = house.task(cron="30 22 * * *", due=due, overlap=Overlap.ALLOW)
    house.plan()
    with house.open_work() as work:
        work.schedule.set(task.number, due, due)  # as a restored backup would have it
    house.plan()
    assert house.count("run") == 1


def test_a_run_stands_for_its_instant_and_the_task_moves_on(house: House) -> None:
    due = house.now() - timedelta(seconds=1)
    task = house.task("Nuit", cron="30 22 * * *", due=due)
    house.plan()
    (run,) = house.runs()
    assert (run.nominal_time, run.task_title, run.state, run.manual) == (due, "Nuit", RunState.PENDING, False)
    assert run.traceparent
    with house.open_work() as work:
        after = work.tasks.get(task.number)
        (step,) = work.operations.get_many([run.operation] if run.operation else []).values()
        assert work.runs.of_operation(step.id) == [run.number]
    assert after.next_time is not None
    assert after.next_time > house.now()
    assert step.kind == "scheduler.start-runs"


def test_a_task_whose_last_instant_has_come_is_completed(house: House) -> None:
    due = house.now() - timedelta(seconds=1)
    task = house.task(due=due)
    with house.open_work() as work:
        draft = type(task.draft)(
            title="Une fois",
            task_type="team.report",
            site="default",
            schedule=Schedule(triggers=(OnceTrigger(time=due),)),
        )
        work.tasks.change(task.number, draft)
    house.plan()
    with house.open_work() as work:
        after = work.tasks.get(task.number)
    assert (after.state, after.next_time) == (TaskState.COMPLETED, None)
    assert house.count("run") == 1


def test_a_task_that_cannot_be_read_is_paused_and_the_others_fire(house: House) -> None:
    due = house.now() - timedelta(seconds=1)
    bad, good = house.task("a", cron="* * * * *", due=due), house.task("b", cron="* * * * *", due=due)
    with house.open_work() as work:
        work.connection.exec_driver_sql(
            'UPDATE task SET schedule = \'{"triggers": [{"moon": "full"}]}\' WHERE number = %(n)s', {"n": bad.number}
        )
    house.plan()
    assert [run.task for run in house.runs()] == [good.number]
    with house.open_work() as work:
        state = work.connection.exec_driver_sql(
            "SELECT state, fire_time FROM task JOIN task_schedule ON task = number WHERE number = %(n)s",
            {"n": bad.number},
        ).one()
    assert tuple(state) == ("paused", None)
    assert any("ne peut plus être lue" in line for line in house.journal())


def test_a_planner_that_dies_before_its_commit_has_fired_nothing(house: House) -> None:
    house.task(cron="* * * * *", due=house.now() - timedelta(seconds=1))
    work = house.open_work()
    work.__enter__()
    assert house.parts.plan_due(work) == 1
    work.__exit__(RuntimeError, RuntimeError("killed"), None)
    assert house.count("run") == house.count("operation") == 0
    house.plan()
    assert house.count("run") == 1


def test_the_planner_is_woken_by_a_task_that_fires_earlier_and_leaves_when_told(house: House) -> None:
    house.task("loin", cron="30 22 * * *", due=house.now() + timedelta(days=1))
    stop = threading.Event()
    planner = house.parts.planner(stop)
    thread = threading.Thread(target=planner.run, args=(stop,))
    thread.start()
    try:
        time.sleep(0.5)  # it sleeps by now, for ten seconds
        asked = time.monotonic()
        house.task("bientôt", cron="* * * * *", due=house.now() + timedelta(seconds=0.3))
        while house.count("run") == 0:
            assert time.monotonic() - asked < 5
            time.sleep(0.02)
        assert time.monotonic() - asked < 2
    finally:
        stop.set()
        thread.join(2)
    assert not thread.is_alive()


def test_a_paused_task_does_not_fire(house: House) -> None:
    task = house.task(cron="* * * * *", due=house.now() - timedelta(seconds=1))
    with house.open_work() as work:
        pause_task(work, task.number)
    house.plan()
    assert house.count("run") == 0


def test_the_planner_outlives_the_end_of_its_database_sessions(house: House) -> None:
    stop = threading.Event()
    planner = house.parts.planner(stop)
    thread = threading.Thread(target=planner.run, args=(stop,))
    thread.start()
    try:
        time.sleep(0.5)
        with house.runtime.database.begin() as connection:
            ended = connection.exec_driver_sql(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).scalar_one()
        assert ended
        house.task(cron="* * * * *", due=house.now() + timedelta(seconds=0.2))
        asked = time.monotonic()
        while house.count("run") == 0:
            assert time.monotonic() - asked < 5
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(3)
    assert not thread.is_alive()


def test_an_absence_that_many_tasks_missed_much_in_is_made_up_for_in_several_looks(house: House) -> None:
    due = house.now().replace(microsecond=0) - timedelta(days=1)
    tasks = [house.task(f"t{place}", cron="* * * * * *", due=due) for place in range(6)]
    house.plan()
    with house.open_work() as work:
        times = [work.tasks.get(task.number).next_time for task in tasks]
    assert times[-1] == due, "its turn has not come"
    assert all(time is not None and time > due for time in times[:-1])
    for _ in range(10):
        house.plan()
    with house.open_work() as work:
        times = [work.tasks.get(task.number).next_time for task in tasks]
    assert all(time is not None and time > house.now() - timedelta(minutes=1) for time in times)
