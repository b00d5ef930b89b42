"""The planner's loop: fires what is due, sleeps until the next instant, hears when one moves earlier."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Protocol

import structlog

from chassis.errors import Unavailable
from services.scheduler.application.plan_due import PlanDue
from services.scheduler.application.ports import OpenWork, PlannerMeasures

LONGEST_SLEEP = timedelta(seconds=10)  #: a lost wake-up costs this much at most
SHORTEST_SLEEP = timedelta(milliseconds=20)  #: while another planner holds what is due

log = structlog.get_logger(__name__)


class Alarm(Protocol):
    """Sleeps until a schedule moves earlier."""

    def listen(self) -> None: ...
    def wait(self, longest: timedelta) -> None: ...
    def close(self) -> None: ...


class Planner:
    """One of any number of planners."""

    def __init__(self, open_work: OpenWork, plan_due: PlanDue, measures: PlannerMeasures, alarm: Alarm) -> None:
        self._open_work = open_work
        self._plan_due = plan_due
        self._measures = measures
        self._alarm = alarm
        self._turned = time.monotonic()

    def run(self, stop: threading.Event) -> None:
        """Plans until told to stop; a database that is away is waited for."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="second-hand") as second_hand:
            try:
                while not stop.is_set():
                    self._turned = time.monotonic()
                    try:
                        self._alarm.listen()
                        if self.look():
                            helped = second_hand.submit(self._look_on, stop)
                            self._look_on(stop)
                            helped.result()
                        else:
                            self._alarm.wait(self._sleep())
                    except Unavailable as away:
                        log.warning("cannot plan now", why=str(away))
                        stop.wait(1.0)
            finally:
                self._alarm.close()

    def _look_on(self, stop: threading.Event) -> None:
        """At midnight much is due at once: while the database writes one batch, another is thought of."""
        while not stop.is_set() and self.look():
            self._turned = time.monotonic()

    def look(self) -> bool:
        """Fires one batch; True where there may be more at once."""
        with self._open_work() as work:
            fired = self._plan_due(work)
        if fired:
            log.info("planned", tasks=fired)
        self._measures.planned()
        return fired >= self._plan_due.batch

    def live(self) -> bool:
        """False once the loop has not come round for a minute."""
        return time.monotonic() - self._turned < 60

    def _sleep(self) -> timedelta:
        with self._open_work() as work:
            self._measures.overdue(*work.schedule.overdue())
            left = work.schedule.until_next()
        return LONGEST_SLEEP if left is None else min(max(left, SHORTEST_SLEEP), LONGEST_SLEEP)
