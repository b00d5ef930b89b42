"""What people ask of runs, in the shorthand of tests."""

import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from chassis.errors import BackroomError
from services.scheduler.application.backfill_task import Backfill
from services.scheduler.domain.runs import Attempt, Run
from services.scheduler.domain.tasks import Task
from tests.scheduler.conftest import House


def cancel(house: House, number: int, caller: str = "anne") -> Run:
    with house.open_work() as work:
        return house.parts.use_cases().cancel_run(work, number, caller=caller, peer="here")


def retry(house: House, number: int, caller: str = "anne") -> Run:
    with house.open_work() as work:
        return house.parts.use_cases().retry_run(work, number, caller=caller, peer="here")


def backfill(
    house: House, task: Task, first: datetime, last: datetime, *, caller: str = "anne", validate_only: bool = False
) -> Backfill:
    with house.open_work() as work:
        return house.parts.use_cases().backfill_task(
            work, task.number, first=first, last=last, caller=caller, peer="here", validate_only=validate_only
        )


def refusal(house: House, ask: str, number: int) -> BackroomError:
    """Why a verb is refused; fails where it is not."""
    try:
        {"cancel": cancel, "retry": retry}[ask](house, number)
    except BackroomError as refused:
        return refused
    raise AssertionError(f"{ask} of run {number} was not refused")


def attempts(house: House, number: int) -> list[Attempt]:
    with house.open_work() as work:
        return work.attempts.of_runs([number]).get(number, [])


def pass_time(house: House, by: timedelta) -> None:
    """As if so much time had passed since attempts began and since their end was asked for."""
    with house.open_work() as work:
        work.connection.exec_driver_sql(
            "UPDATE attempt SET expire_time = expire_time - %(by)s, cancel_time = cancel_time - %(by)s,"
            " hold_time = hold_time - %(by)s",
            {"by": by},
        )


def site_is(house: House, *, online: bool = True, mode: str = "normal") -> None:
    """The default site is so, without a word to anybody."""
    with house.open_work() as work:
        work.connection.exec_driver_sql(
            "UPDATE site SET online = %(online)s, mode = %(mode)s", {"online": online, "mode": mode}
        )


def all_at_once(
    acts: Sequence[tuple[Callable[[], object], float]], *, seconds: float, refusals: tuple[type[BackroomError], ...]
) -> list[BaseException]:
    """What breaks while each act is done again and again in a thread of its own, with so many seconds between.

    What is refused is done again.
    """
    stop, broken = threading.Event(), list[BaseException]()

    def again_and_again(act: Callable[[], object], rest: float) -> None:
        while not stop.wait(rest):
            try:
                act()
            except refusals:
                continue
            except BaseException as error:  # noqa: BLE001 - whatever breaks a thread fails the test
                broken.append(error)
                return

    threads = [threading.Thread(target=again_and_again, args=act) for act in acts]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    return broken
