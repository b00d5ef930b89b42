"""Debian's servers, each started at its first use and ended with the session."""

import logging
from collections.abc import Iterator

import pytest

from backroom.scheduler.v1 import scheduler_pb2
from console.stack.ports import SERVICES
from tests.journeys.fingerprint import Fingerprint
from tests.journeys.night import Night, well
from tests.journeys.test_nights_with_deaths import SETTINGS
from tests.servers.rabbitmq import RabbitServer


@pytest.fixture(scope="session", autouse=True)
def quiet_pika() -> None:
    """It logs what it raises, as chassis.logs knows."""
    logging.getLogger("pika").setLevel(logging.CRITICAL)


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitServer]:
    server = RabbitServer()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def broker_server(rabbitmq: RabbitServer) -> RabbitServer:
    """The broker of the tests that are the same on every broker."""
    return rabbitmq


@pytest.fixture
def mortal_broker(rabbitmq: RabbitServer) -> RabbitServer:
    """The same: a test that kills it starts it again."""
    return rabbitmq


@pytest.fixture(scope="session")
def on_rabbitmq(rabbitmq: RabbitServer) -> dict[str, dict[str, str]]:
    """Settings of a night that is easily disturbed, on this broker."""
    return {service: {**SETTINGS[service], "BACKROOM_BROKER_URL": rabbitmq.url} for service in SERVICES}


@pytest.fixture(scope="session")
def night_and_morning(
    tmp_path_factory: pytest.TempPathFactory, on_rabbitmq: dict[str, dict[str, str]]
) -> Iterator[tuple[Night, Fingerprint]]:
    """The night of tests/journeys, on RabbitMQ, and what it left behind before anybody went on with it."""
    with Night(tmp_path_factory.mktemp("night"), settings=on_rabbitmq, fast=True) as night:
        night.load()
        night.fire()
        assert well(night.wait())
        yield night, night.fingerprint()


@pytest.fixture(scope="session")
def night(night_and_morning: tuple[Night, Fingerprint]) -> Night:
    return night_and_morning[0]


@pytest.fixture(scope="session")
def undisturbed(night_and_morning: tuple[Night, Fingerprint]) -> Fingerprint:
    return night_and_morning[1]


@pytest.fixture(scope="session")
def runs(night: Night) -> list[scheduler_pb2.Run]:
    """The runs of that night, in the order of its tasks."""
    return night.wait()
