"""Three days without a planner, and an hour without a site: what falls due meanwhile follows each task's policy.

The stack is real, and so are its processes; time is moved by moving the rows, as if nobody had looked for so long.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from google.protobuf.duration_pb2 import Duration

from backroom.scheduler.v1 import scheduler_pb2
from backroom.type.v1 import type_pb2
from chassis.database import Database
from tests.journeys.night import Night

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
Run = scheduler_pb2.Run
Misfire = scheduler_pb2.MisfirePolicy
QUIET = scheduler_pb2.Notification(when=scheduler_pb2.Notification.WHEN_NEVER)


def make(
    night: Night, title: str, cron: str, policy: Misfire, site: str = "", *, paused: bool = False
) -> scheduler_pb2.Task:
    task = scheduler_pb2.Task(
        title=title,
        task_type="sales.process-defectives",
        triggers=[scheduler_pb2.Trigger(cron=scheduler_pb2.CronTrigger(expression=cron))],
        time_zone="UTC",
        site=site,
        misfire_policy=policy,
        notification=QUIET,
    )
    return night.connection.scheduler.CreateTask(scheduler_pb2.CreateTaskRequest(task=task, paused=paused))


def move(night: Night, statement: str, **values: object) -> None:
    """Moves what the scheduler keeps in time."""
    database = Database(night.stack.database_url("scheduler"), application_name="time")
    with database.begin() as connection:
        connection.exec_driver_sql(statement, values)
    database.close()


def wait_for(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.2)


def runs_of(night: Night, task: scheduler_pb2.Task) -> list[Run]:
    """Its runs, by their instants; those made up and those skipped."""
    request = scheduler_pb2.ListRunsRequest(filter=f'task = "{task.name}"', page_size=1000)
    runs = night.connection.scheduler.ListRuns(request).runs
    return sorted(runs, key=lambda run: run.nominal_time.ToNanoseconds())


def told(run: Run) -> tuple[int, datetime, datetime, int]:
    """State, first and last instant, how many."""
    first, last = (stamp.ToDatetime(UTC) for stamp in (run.first_nominal_time, run.nominal_time))
    return run.state, first, last, run.occurrence_count


@pytest.mark.timeout(180)
def test_three_days_without_a_planner_follow_the_policy_of_each_task(night: Night) -> None:
    hourly = {
        "skip": Misfire(kind=Misfire.KIND_SKIP),
        "once": Misfire(kind=Misfire.KIND_ONCE),
        "all": Misfire(kind=Misfire.KIND_ALL, max_runs=5),
        "window": Misfire(kind=Misfire.KIND_ALL, window=Duration(seconds=10 * 3600 + 1800)),
    }
    minute = (datetime.now(UTC) + 20 * MINUTE).minute  # the last instant was 40 minutes ago, and the next is not soon
    tasks = {name: make(night, f"Panne {name}", f"{minute} * * * *", policy) for name, policy in hourly.items()}
    night.stack.pause("scheduler-plan")
    to_come = tasks["skip"].next_run_time.ToDatetime(UTC)
    first, last = to_come - 72 * HOUR, to_come - HOUR
    try:
        move(
            night,
            "UPDATE task_schedule SET next_time = %(first)s, fire_time = %(first)s"
            " FROM task WHERE task.number = task_schedule.task AND title LIKE 'Panne %%'",
            first=first,
        )
    finally:
        night.stack.resume("scheduler-plan")

    def planned() -> bool:
        return all(runs_of(night, task) and not unended(runs_of(night, task)) for task in tasks.values())

    wait_for(planned, 120)
    well, skipped = Run.STATE_SUCCEEDED, Run.STATE_SKIPPED
    found = {name: [told(run) for run in runs_of(night, task)] for name, task in tasks.items()}
    assert found["skip"] == [(skipped, first, last, 72)]
    assert found["once"] == [(well, first, last, 72)]
    made_up = [(well, at, at, 1) for at in (last - place * HOUR for place in range(4, -1, -1))]
    assert found["all"] == [(skipped, first, last - 5 * HOUR, 67), *made_up]
    within = [(well, at, at, 1) for at in (last - place * HOUR for place in range(9, -1, -1))]
    assert found["window"] == [(skipped, first, last - 10 * HOUR, 62), *within]
    reasons = {run.reason for task in tasks.values() for run in runs_of(night, task) if run.state == skipped}
    assert reasons == {Run.REASON_MISFIRE}
    for task in tasks.values():
        now = night.connection.scheduler.GetTask(scheduler_pb2.GetTaskRequest(name=task.name))
        assert now.next_run_time.ToDatetime(UTC) == to_come
        starts = [run.start_time.ToNanoseconds() for run in runs_of(night, task) if run.state == well]
        assert starts == sorted(starts)  # made up one after the other
        night.connection.scheduler.PauseTask(scheduler_pb2.PauseTaskRequest(name=task.name))


def unended(runs: list[Run]) -> list[Run]:
    return [run for run in runs if not run.HasField("end_time")]


@pytest.mark.timeout(180)
def test_a_site_that_is_offline_for_an_hour_and_then_back_runs_once_what_it_missed(night: Night) -> None:
    sites, scheduler = night.connection.sites, night.connection.scheduler
    its_services = night.stack.connect("sales")
    site = sites.CreateSite(
        scheduler_pb2.CreateSiteRequest(
            site_id="lyon",
            site=scheduler_pb2.Site(time_zone="Europe/Paris", heartbeat_timeout=Duration(seconds=5)),
            mode=type_pb2.OPERATING_MODE_NORMAL,
        )
    )
    beat = partial(its_services.sites.Heartbeat, scheduler_pb2.HeartbeatRequest(name=site.name))
    beat()

    def online() -> bool:
        return sites.GetSite(scheduler_pb2.GetSiteRequest(name=site.name)).online

    wait_for(online, 20)
    task = make(night, "Chaque minute", "* * * * *", Misfire(kind=Misfire.KIND_ONCE), site="lyon", paused=True)
    wait_for(lambda: not online(), 30)  # it has fallen silent

    an_hour_ago = datetime.now(UTC).replace(second=0, microsecond=0) - HOUR
    move(
        night,
        "WITH enabled AS (UPDATE task SET state = 'enabled' WHERE number = %(task)s)"
        " UPDATE task_schedule SET next_time = %(at)s, fire_time = %(at)s WHERE task = %(task)s",
        at=an_hour_ago,
        task=int(task.name.removeprefix("tasks/")),
    )
    wait_for(lambda: len(runs_of(night, task)) == 1)
    (held,) = runs_of(night, task)
    assert (held.state, held.reason) == (Run.STATE_HELD, Run.REASON_SITE_OFFLINE)
    _, first, last, count = told(held)
    assert (first, count) == (an_hour_ago, (last - first) / MINUTE + 1)
    assert an_hour_ago + HOUR <= last <= datetime.now(UTC)
    assert held.HasField("hold_expire_time")
    by_hand = scheduler.RunTask(scheduler_pb2.RunTaskRequest(name=task.name))
    assert by_hand.state == Run.STATE_HELD
    assert by_hand.task != task.name
    shown = scheduler.ListTasks(scheduler_pb2.ListTasksRequest(filter='site = "lyon"'))
    assert [each.name for each in shown.tasks] == [task.name]
    hidden = scheduler.ListTasks(scheduler_pb2.ListTasksRequest(filter='site = "lyon"', show_system=True))
    assert [each.name for each in hidden.tasks] == [task.name, by_hand.task]

    beat()
    wait_for(lambda: runs_of(night, task)[0].state == Run.STATE_SUCCEEDED)
    assert runs_of(night, task)[0].occurrence_count >= held.occurrence_count
    wait_for(
        lambda: (
            scheduler.GetRun(scheduler_pb2.GetRunRequest(name=by_hand.name)).state == Run.STATE_SUCCEEDED
            and len(scheduler.ListTasks(scheduler_pb2.ListTasksRequest(filter='site = "lyon"', show_system=True)).tasks)
            == 1
        )
    )
    its_services.close()
    scheduler.PauseTask(scheduler_pb2.PauseTaskRequest(name=task.name))
