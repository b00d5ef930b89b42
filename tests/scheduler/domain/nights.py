"""A task that is due at night, and the plans that are made of it."""

from datetime import UTC, datetime, timedelta

from services.scheduler.domain.planning import PORTION, DueTask, Fire, Plan, Skip, plan_firings
from services.scheduler.domain.policies import MisfireKind, MisfirePolicy, SkipReason
from services.scheduler.domain.schedules import Schedule, schedule_to_text
from services.scheduler.domain.triggers import Trigger, cron_trigger

NIGHT = datetime(2024, 5, 6, 20, 30, tzinfo=UTC)  #: 22:30 in Paris
DAY, HOUR, MINUTE, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
SKIP = MisfirePolicy(kind=MisfireKind.SKIP)
ALL = MisfirePolicy(kind=MisfireKind.ALL)


def text(*triggers: str | Trigger, end: datetime | None = None) -> str:
    read = [cron_trigger(each) if isinstance(each, str) else each for each in triggers]
    return schedule_to_text(Schedule(triggers=tuple(read), end_time=end))


NIGHTLY = DueTask(number=1, schedule=text("30 22 * * *"), time_zone="Europe/Paris", next_time=NIGHT, site="central")


def plan(task: DueTask, now: datetime, portion: int = PORTION) -> Plan:
    (only,) = plan_firings([task], now, portion=portion)
    assert isinstance(only, Plan)
    return only


def fire(nominal: datetime, first: datetime | None = None, count: int = 1) -> Fire:
    return Fire(nominal_time=nominal, first_time=first or nominal, count=count)


def skip(reason: SkipReason, first: datetime, last: datetime, count: int) -> Skip:
    return Skip(reason=reason, first_time=first, last_time=last, count=count)
