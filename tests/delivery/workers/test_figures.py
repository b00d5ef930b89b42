"""What whoever watches the service sees of the spool."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry, generate_latest

from chassis.errors import Unavailable
from chassis.operations import OperatingMode, SiteMode
from services.delivery.application.spool_ports import Figures
from services.delivery.domain.destinations import ServerPath
from services.delivery.wiring import figures_of
from services.delivery.workers.figures import FileMeter, SpoolCollector
from tests.delivery.house import House

OLDEST = "backroom_delivery_oldest_file_seconds"


def spool_of(registry: CollectorRegistry) -> dict[str, float]:
    names = ("provisional", "sealed", "sending", "renaming", "parked")
    return {
        name: value
        for name in names
        if (value := registry.get_sample_value("backroom_delivery_spool_files", {"state": name}))
    }


def change(house: House, state: str, name: str, age: timedelta) -> None:
    with house.database.begin() as connection:
        connection.execute(
            sa.text("UPDATE spool_file SET state = :state, seal_time = now() - :age WHERE file_name = :name"),
            {"state": state, "age": age, "name": name},
        )


def test_the_spool_is_counted_by_state_and_the_oldest_that_has_not_arrived_tells_its_age(house: House) -> None:
    registry = CollectorRegistry()
    registry.register(SpoolCollector(figures_of(house.work)))
    assert (spool_of(registry), registry.get_sample_value(OLDEST)) == ({}, 0)
    house.destination("shop", ServerPath(folder=str(house.outgoing)))
    names = ["parked", "sealed", "delivered", "discarded"]
    files = [house.stage(file_name=name, ordinal=place) for place, name in enumerate(names)]
    house.seal(*files, destination="shop")
    house.stage(run=2)
    for hours, state in enumerate(names, start=3):
        change(house, state.upper(), state, timedelta(hours=hours))
    assert spool_of(registry) == {"provisional": 1, "sealed": 1, "parked": 1}
    assert registry.get_sample_value(OLDEST) == pytest.approx(4 * 3600, abs=60)
    change(house, "DELIVERED", "sealed", timedelta(hours=4))
    assert registry.get_sample_value(OLDEST) == pytest.approx(3 * 3600, abs=60)  # what is parked is not forgotten


def test_what_the_mode_of_a_site_holds_back_is_not_late(house: House) -> None:
    registry = CollectorRegistry()
    registry.register(SpoolCollector(figures_of(house.work)))
    house.destination("shop", ServerPath(folder=str(house.outgoing)))
    for run, site in enumerate(("lille", "lyon"), 1):
        house.seal(house.stage(file_name=site, run=run, site=site), destination="shop", run=run, site=site)
        change(house, "SEALED", site, timedelta(hours=5 - run))
    with house.work() as work:
        work.operations.set_modes([SiteMode(site="lille", mode=OperatingMode.ISOLATED, version=1)])
    assert spool_of(registry) == {"sealed": 2}
    assert registry.get_sample_value(OLDEST) == pytest.approx(3 * 3600, abs=60)


def test_a_database_that_is_away_takes_no_other_series_with_it() -> None:
    def away() -> Figures:
        raise Unavailable("the database cannot answer now")

    registry = CollectorRegistry()
    FileMeter(registry).failed("sftp", "TIMED_OUT", 3)
    registry.register(SpoolCollector(away))
    told = generate_latest(registry).decode()
    assert 'backroom_delivery_files_total{protocol="sftp",reason="TIMED_OUT",result="failed"} 3.0' in told
    assert OLDEST not in told
