"""APScheduler 3.11: a BackgroundScheduler with its SQLAlchemy store fires jobs that are all due in the same second."""

import time
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

NAME = "APScheduler 3.11, SQLAlchemyJobStore"
THREADS = 10  #: of its executor, its default; more of them make it slower
PATIENCE = 120.0  #: seconds

_fired: list[None] = []


def nothing() -> None:
    """The job. APScheduler keeps it as a reference, so it stands at the top of a module."""
    _fired.append(None)


def measure(url: str, jobs: int) -> float:
    """Jobs fired per second: every job daily, all due when the scheduler is let go, none a misfire.

    Their trigger is an interval, the fastest of its triggers that come back; with cron it fires a third less.
    """
    _fired.clear()
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=url)},
        executors={"default": ThreadPoolExecutor(THREADS)},
        job_defaults={"misfire_grace_time": None},
        timezone=UTC,
    )
    due = datetime.now(UTC) - timedelta(seconds=1)
    scheduler.start(paused=True)
    try:
        for _ in range(jobs):
            scheduler.add_job(nothing, "interval", days=1, next_run_time=due)
        begun = time.perf_counter()
        scheduler.resume()
        while len(_fired) < jobs:
            if time.perf_counter() - begun > PATIENCE:
                raise SystemExit(f"APScheduler has fired {len(_fired)} of its {jobs} jobs within {PATIENCE:.0f} s")
            time.sleep(0.01)
        return jobs / (time.perf_counter() - begun)
    finally:
        scheduler.shutdown()
