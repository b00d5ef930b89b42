"""Sites of a test: made, also over the wire, silenced, heard again, put into modes."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from backroom.scheduler.v1 import scheduler_pb2, scheduler_pb2_grpc
from services.scheduler.domain.runs import Run
from services.scheduler.domain.sites import OperatingMode, Site, SiteDraft
from services.scheduler.domain.tasks import Task
from services.scheduler.workers.sites import SiteWatch
from tests.scheduler.conftest import House
from tests.scheduler.rpc.conftest import Served

NORMAL, ISOLATED, TRAINING = OperatingMode.NORMAL, OperatingMode.ISOLATED, OperatingMode.TRAINING
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
EXPORT: dict[str, Any] = {"task_type": "team.extract", "destination": "destinations/pftp", "file_name": "v.csv"}


def make_site(house: House, id: str = "lyon", mode: OperatingMode = NORMAL, **draft: Any) -> Site:  # Any: its fields
    """A site that sends heartbeats, and has just sent one."""
    values: dict[str, Any] = {"time_zone": "Europe/Paris", "heartbeat_timeout": MINUTE} | draft
    with house.open_work() as work:
        house.parts.site_use_cases().create_site(
            work,
            id,
            SiteDraft(**values),
            mode,
            caller="wolf",
            peer="here",
            validate_only=False,
        )
        return work.sites.beat(id, work.now())


def task_at(house: House, site: str = "lyon", title: str = "Rapport", **more: Any) -> Task:  # Any: fields of a draft
    """A task of that site."""
    task = house.task(title, **more)
    with house.open_work() as work:
        work.tasks.change(task.number, replace(task.draft, site=site))
        return work.tasks.get(task.number)


def get_site(house: House, id: str = "lyon") -> Site:
    with house.open_work() as work:
        return work.sites.get(id)


def silence(house: House, id: str = "lyon") -> None:
    """Nobody has heard of it for an hour, and somebody has noticed."""
    with house.open_work() as work:
        work.sites.beat(id, work.now() - timedelta(hours=1))
    watch(house)
    assert not get_site(house, id).online


def return_of(house: House, id: str = "lyon") -> None:
    """It has been heard of again, and somebody has noticed."""
    with house.open_work() as work:
        work.sites.beat(id, work.now())
    watch(house)


def watch(house: House) -> bool:
    """One look at the sites."""
    return site_watch(house).look()


def site_watch(house: House) -> SiteWatch:
    return SiteWatch(house.parts.open_work, house.parts.watch_sites, house.parts.addresses.central())


def put(house: House, mode: OperatingMode, id: str = "lyon") -> Site:
    """The site in a mode."""
    with house.open_work() as work:
        return house.parts.site_use_cases().set_mode(work, id, mode, caller="wolf", peer="here")


def tell(house: House) -> None:
    """Tells handlers the modes they have not acknowledged, whatever the backoff."""
    with house.runtime.database.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE operation SET ready = true, next_attempt_time = now() WHERE state = 'queued' AND lane = 'sites'"
        )
    house.worker().drain("sites")


def due_at(house: House, task: Task, instant: datetime) -> None:
    """That instant of the task is due."""
    with house.open_work() as work:
        work.schedule.set(task.number, instant, instant)


def fired(house: House, **more: Any) -> None:  # Any: fields of a draft
    """A run that its instant has brought."""
    task_at(house, cron="30 22 * * *", due=house.now() - SECOND, **more)
    house.plan()


def last(house: House) -> Run:
    return house.runs()[-1]


def sites(served: Served, who: str = "wolf") -> scheduler_pb2_grpc.SiteServiceStub:
    return scheduler_pb2_grpc.SiteServiceStub(served.channel(who))


def site(**more: object) -> scheduler_pb2.Site:
    return scheduler_pb2.Site(**{"time_zone": "Europe/Paris"} | more)  # type: ignore[arg-type]  # the test's shorthand


def create(served: Served, id: str = "lyon", **more: object) -> scheduler_pb2.Site:
    given = {"site": site()} | more
    request = scheduler_pb2.CreateSiteRequest(site_id=id, **given)  # type: ignore[arg-type]  # the test's shorthand
    return sites(served).CreateSite(request)
