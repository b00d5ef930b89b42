"""Sites that fall silent: their runs are held, go on once they are back, and expire."""

import threading
from datetime import timedelta
from typing import Any

from services.scheduler.domain.policies import Overlap, SkipReason
from services.scheduler.domain.runs import Run, RunState
from tests.scheduler.conftest import House
from tests.scheduler.sites import (
    ISOLATED,
    NORMAL,
    due_at,
    get_site,
    make_site,
    put,
    return_of,
    silence,
    task_at,
    watch,
)
from tests.scheduler.team import succeeded

SECOND = timedelta(seconds=1)


def held(house: House, count: int = 1, **more: Any) -> list[Run]:  # Any: fields of a draft
    """Runs of tasks of a site that is offline."""
    make_site(house)
    silence(house)
    now = house.now()
    for number in range(count):
        task_at(house, title=f"t{number}", cron="30 22 * * *", due=now - (number + 1) * SECOND / 10, **more)
    while house.plan():
        pass
    runs = house.runs()
    assert [run.state for run in runs] == [RunState.HELD] * count
    return runs


def test_a_site_that_has_been_silent_for_too_long_is_offline_and_the_journal_says_so(house: House) -> None:
    make_site(house)
    watch(house)
    assert get_site(house).online
    silence(house)
    watch(house)
    return_of(house)
    assert get_site(house).online
    told = [line for line in house.journal() if line.startswith("sites/lyon ")]
    assert told == [
        "sites/lyon est enregistré, en mode normal",
        "sites/lyon ne répond plus : ses exécutions attendent son retour",
        "sites/lyon répond de nouveau : ses exécutions reprennent",
    ]


def test_a_site_that_sends_no_heartbeats_is_always_online(house: House) -> None:
    make_site(house, heartbeat_timeout=None)
    with house.open_work() as work:
        work.sites.beat("lyon", work.now() - timedelta(days=3))
    watch(house)
    assert get_site(house).online


def test_a_site_that_was_never_heard_of_is_offline_once_its_time_is_over(house: House) -> None:
    make_site(house)
    with house.open_work() as work:
        work.connection.exec_driver_sql(
            "UPDATE site SET heartbeat_time = NULL, create_time = now() - interval '2 minutes' WHERE name = 'lyon'"
        )
    watch(house)
    assert not get_site(house).online


def test_the_instants_of_an_offline_site_are_one_run_that_starts_once_it_is_back(house: House) -> None:
    make_site(house)
    silence(house)
    first = house.now().replace(second=0, microsecond=0) - timedelta(minutes=4)
    task = task_at(house, cron="* * * * *", due=first)
    house.plan()
    (run,) = house.runs()
    assert (run.state, run.reason) == (RunState.HELD, SkipReason.SITE_OFFLINE)
    assert (run.first_time, run.occurrences) == (first, (run.nominal_time - first) // timedelta(minutes=1) + 1)
    assert run.hold_expire_time is not None

    again = house.now()
    due_at(house, task, again)
    house.plan()
    (joined,) = house.runs()
    assert (joined.first_time, joined.nominal_time, joined.occurrences) == (first, again, run.occurrences + 1)
    house.settle()
    assert house.runs() == [joined]  # as long as the site is away

    return_of(house)
    house.settle()
    (over,) = house.runs()
    assert (over.state, over.reason, over.hold_expire_time) == (RunState.SUCCEEDED, None, None)
    assert [entry.site for entry in house.others.team.done] == ["lyon"]


def test_held_runs_that_go_the_same_way_start_together_in_the_order_of_their_instants(house: House) -> None:
    runs = held(house, 250)
    return_of(house)
    steps = [house.run(run.number).operation for run in sorted(runs, key=lambda run: run.nominal_time)]
    assert None not in steps
    assert len(set(steps[:200])) == len(set(steps[200:])) == 1
    assert steps[0] != steps[200]
    house.settle()
    assert {run.state for run in house.runs()} == {RunState.SUCCEEDED}


def test_held_runs_of_a_pool_go_one_after_the_other_in_the_order_of_their_instants(house: House) -> None:
    runs = held(house, 3, pool="nuit")
    with house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE run SET nominal_time = nominal_time - number * interval '1 minute'")
    return_of(house)
    assert [run.operation for run in house.runs()].count(None) == 2
    house.settle()
    assert [entry.run for entry in house.others.team.done] == [run.name for run in reversed(runs)]


def test_a_run_that_is_held_keeps_nobody_waiting_in_its_pool(house: House) -> None:
    held(house, 1, pool="nuit")
    other = house.start(house.task("ailleurs", pool="nuit"))
    house.settle()
    assert house.run(other).state is RunState.SUCCEEDED


def test_a_run_held_for_too_long_is_skipped_and_people_are_told(house: House) -> None:
    (run,) = held(house)
    with house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE run SET hold_expire_time = now()")
    watch(house)
    over = house.run(run.number)
    assert (over.state, over.reason) == (RunState.SKIPPED, SkipReason.SITE_OFFLINE)
    assert over.end_time is not None
    (message,) = house.inbox("anne")
    assert message.error
    assert message.subject == "t0 : non exécutée, site hors ligne"
    assert "hors ligne plus longtemps" in message.body
    return_of(house)
    house.settle()
    assert house.others.team.done == []


def test_an_instant_whose_held_run_expired_is_no_occurrence_any_more(house: House) -> None:
    (run,) = held(house)
    with house.open_work() as work:
        work.connection.exec_driver_sql("UPDATE run SET hold_expire_time = now()")
    watch(house)
    with house.open_work() as work:
        assert work.connection.exec_driver_sql("SELECT occurrence FROM run").scalars().all() == [False]
    assert house.run(run.number).occurrences == 1


def test_a_run_under_way_at_a_site_that_goes_stays_with_its_handler(house: House) -> None:
    house.others.team.does = lambda entry: None
    make_site(house)
    number = house.start(task_at(house))
    house.work()
    silence(house)
    assert house.run(number).state is RunState.WAITING
    house.others.team.finish(house.others.team.asked[0], succeeded())
    house.poll()
    assert house.run(number).state is RunState.SUCCEEDED


def test_a_held_run_of_a_task_that_may_not_overlap_waits_for_the_one_that_was_under_way(house: House) -> None:
    house.others.team.does = lambda entry: None
    make_site(house)
    task = task_at(house, cron="30 22 * * *")
    first = house.start(task)
    house.work()
    silence(house)
    due_at(house, task, house.now() - SECOND)
    house.plan()
    return_of(house)
    second = house.runs()[1]
    assert second.state is RunState.HELD
    house.others.team.finish(house.others.team.asked[0], succeeded())
    house.poll()
    watch(house)
    assert house.run(first).state is RunState.SUCCEEDED
    assert house.run(second.number).state is RunState.PENDING


def test_held_runs_of_a_task_that_may_overlap_wait_for_nobody(house: House) -> None:
    house.others.team.does = lambda entry: None
    make_site(house)
    task = task_at(house, cron="30 22 * * *", overlap=Overlap.ALLOW)
    house.start(task)
    house.work()
    silence(house)
    due_at(house, task, house.now() - SECOND)
    house.plan()
    return_of(house)
    assert house.runs()[1].state is RunState.PENDING


def test_what_was_held_for_an_offline_site_waits_on_where_it_comes_back_isolated(house: House) -> None:
    (run,) = held(house)
    put(house, ISOLATED)
    return_of(house)
    house.settle()
    assert house.run(run.number).state is RunState.HELD
    put(house, NORMAL)
    watch(house)
    house.settle()
    assert house.run(run.number).state is RunState.SUCCEEDED


def test_any_number_of_workers_look_at_once_and_each_run_goes_on_once(house: House) -> None:
    held(house, 300)
    with house.open_work() as work:
        work.sites.beat("lyon", work.now())
    start = threading.Barrier(4)

    def look() -> None:
        start.wait()
        for _ in range(10):
            watch(house)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {run.state for run in house.runs()} == {RunState.PENDING}
    assert len(house.steps()) == len({run.operation for run in house.runs()}) == 2
    house.settle()
    assert len(house.others.team.done) == 300


def test_a_watcher_that_dies_before_its_commit_has_let_nothing_go(house: House) -> None:
    (run,) = held(house)
    with house.open_work() as work:
        work.sites.beat("lyon", work.now())
    work = house.open_work()
    work.__enter__()
    house.parts.watch_sites(work)
    work.__exit__(RuntimeError, RuntimeError("killed"), None)
    assert house.run(run.number).state is RunState.HELD
    watch(house)
    assert house.run(run.number).state is RunState.PENDING
