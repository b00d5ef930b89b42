"""Many tasks written at once: as they were, in their order, and planners woken where it matters."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from services.scheduler.domain.changes import NewTask
from services.scheduler.domain.policies import MisfireKind, MisfirePolicy, Overlap
from services.scheduler.domain.schedules import Schedule
from services.scheduler.domain.tasks import Notification, NotifyWhen, RetryPolicy, TaskDraft, TaskState
from services.scheduler.domain.triggers import cron_trigger
from services.scheduler.storage.schedule import CHANNEL
from tests.scheduler.conftest import House

LATER = datetime(2030, 1, 1, tzinfo=UTC)
FULL = TaskDraft(
    title="Été « ☀ » \\ '",
    task_type="team.report",
    options={"a": [1, 2.5, None, True, {"é": "\\u0000"}], "secret": "s"},
    shown_options={"a": [1, 2.5, None, True, {"é": "\\u0000"}]},
    schedule=Schedule(triggers=(cron_trigger("~ 3 * * *"),), excluded_dates=frozenset({date(2030, 12, 25)})),
    site="default",
    time_zone="Europe/Paris",
    destination="destinations/pftp",
    file_name="v-{y}.csv",
    pool="nuit",
    notification=Notification(when=NotifyWhen.ON_CHANGE, principals=('a"b', "c,d", ""), mail=True),
    retry_policy=RetryPolicy(max_attempts=3, initial_backoff=timedelta(microseconds=1_500_001)),
    attempt_timeout=timedelta(days=31),
    misfire=MisfirePolicy(
        kind=MisfireKind.ALL, max_runs=7, grace=timedelta(seconds=30), window=timedelta(days=2, microseconds=1)
    ),
    overlap=Overlap.BUFFER_ONE,
    jitter=timedelta(milliseconds=1),
    delete_when_done=True,
)
PLAIN = TaskDraft(title="Nuit", task_type="team.report", site="default")


def test_tasks_are_kept_as_they_were_in_their_order(house: House) -> None:
    drafts = [replace(FULL if place % 2 else PLAIN, title=f"{place}") for place in range(1_000)] + [FULL]
    new = [NewTask(draft=draft, handler="team", owner="anne", state=TaskState.PAUSED) for draft in drafts]
    with house.open_work() as work:
        numbers = work.tasks.add_many(new)
        kept = work.tasks.get_many(numbers)
    assert [kept[number].draft for number in numbers] == drafts
    assert {(task.owner, task.state, task.system, task.etag) for task in kept.values()} == {
        ("anne", TaskState.PAUSED, False, "v1")
    }


def test_each_task_of_a_set_gets_its_own_change(house: House) -> None:
    first, second, third = house.task("a"), house.task("b"), house.task("c")
    with house.open_work() as work:
        work.tasks.change_many({first.number: FULL, second.number: replace(PLAIN, pool="x")})
    with house.open_work() as work:
        kept = work.tasks.lock_many([third.number, first.number, second.number])
    assert [kept[task.number].draft for task in (first, second, third)] == [
        FULL,
        replace(PLAIN, pool="x"),
        third.draft,
    ]
    assert [kept[task.number].etag for task in (first, second, third)] == ["v2", "v2", "v1"]


def test_planners_are_woken_once_and_only_where_an_instant_moves_earlier(house: House) -> None:
    first, second = house.task("a", due=LATER), house.task("b", due=LATER)
    listener = house.runtime.database.engine.raw_connection()
    try:
        connection = listener.driver_connection
        assert connection is not None
        connection.autocommit = True
        connection.execute(f"LISTEN {CHANNEL}")

        def woken(times: dict[int, tuple[datetime | None, datetime | None]]) -> int:
            with house.open_work() as work:
                work.schedule.set_many(times)
            return len(list(connection.notifies(timeout=0.2)))

        later, earlier = LATER + timedelta(hours=1), LATER - timedelta(hours=1)
        assert woken({first.number: (later, later), second.number: (None, None)}) == 0
        assert woken({first.number: (earlier, earlier), second.number: (later, later)}) == 1
        assert woken({first.number: (earlier, None)}) == 0
        assert woken({}) == 0
    finally:
        listener.detach()
        listener.close()
