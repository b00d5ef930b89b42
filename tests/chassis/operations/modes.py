"""Sites that change their mode, as tests of operations see it."""

from uuid import UUID

import sqlalchemy as sa

from chassis.operations import (
    Execution,
    OperatingMode,
    SiteMode,
    keeping,
)
from chassis.operations.keeper import Keeper
from chassis.operations.worker import Worker
from tests.chassis.operations.conftest import Shop

NORMAL, ISOLATED, TRAINING = OperatingMode.NORMAL, OperatingMode.ISOLATED, OperatingMode.TRAINING


def nothing(execution: Execution) -> None:
    execution.check()


def set_mode(shop: Shop, site: str, mode: OperatingMode, version: int) -> None:
    with shop.work() as work:
        work.operations.set_modes([SiteMode(site=site, mode=mode, version=version)])


def row(shop: Shop, identifier: UUID) -> sa.Row[tuple[bool, object, int]]:
    with shop.database.begin() as connection:
        return connection.execute(
            sa.text("SELECT ready, hold_time, attempts FROM operation WHERE id = :id"), {"id": identifier}
        ).one()


def drain(shop: Shop) -> None:
    shop.worker().drain("default")


def kept(shop: Shop) -> tuple[Worker, Keeper]:
    """A worker process whose keeper ticks when the test says, and only then."""
    worker = shop.worker()
    with shop.database.begin() as connection:
        registered = {"id": worker.id, "application_name": "test", "host": "h", "pid": 1}
        connection.execute(keeping.REGISTER, registered)
    return worker, shop.keeper(worker)
