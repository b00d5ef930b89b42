"""What people ask of runs, in the shorthand of tests."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
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


@dataclass
class Crowd:
    """Threads that do things again and again, all at once; what is refused is done again, what breaks is kept."""

    refusals: tuple[type[BackroomError], ...]
    broken: list[BaseException] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def member(self, act: Callable[[], object], rest: float = 0.0) -> threading.Thread:
        """One of them, not begun; `rest` are seconds between two times."""

        def run() -> None:
            while not self.stop.wait(rest):
                try:
                    act()
                except self.refusals:
                    continue
                except BaseException as error:  # noqa: BLE001 - whatever breaks a thread fails the test
                    self.broken.append(error)
                    return

        return threading.Thread(target=run)
