"""Nights of the real stack: one that nothing disturbs, for every test that only looks; a shop that may be disturbed.

Others are started as needed.
"""

from collections.abc import Iterator

import pytest

from backroom.scheduler.v1 import scheduler_pb2
from console.demo.source import Slice
from console.stack.ports import SERVICES
from tests.journeys.collector import Collector
from tests.journeys.night import Night


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    """Where the quiet night's processes send their traces."""
    with Collector() as collector:
        yield collector


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory, collector: Collector) -> Iterator[Night]:
    """A night that went by undisturbed; its stack still answers."""
    traced = {service: {"BACKROOM_OTLP_ENDPOINT": collector.endpoint} for service in SERVICES}
    with Night(tmp_path_factory.mktemp("night"), settings=traced, fast=True) as night:
        night.load()
        night.fire()
        night.wait()
        yield night


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """A chain of one store and one day, loaded and at rest."""
    chosen = Slice(days=1, stores=frozenset({295}))
    with Night(tmp_path_factory.mktemp("shop"), fast=True, chosen=chosen) as night:
        night.load()
        yield night


@pytest.fixture(scope="session")
def runs(night: Night) -> list[scheduler_pb2.Run]:
    """The runs of that night, in the order of its tasks."""
    return night.wait()
