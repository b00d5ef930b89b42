"""Bells that ring, are heard, and survive their broker. tests/servers runs the same tests on RabbitMQ."""

import time
from typing import Protocol

import pytest
from prometheus_client import REGISTRY

from chassis import broker
from chassis.broker.port import PATIENCE
from tests.chassis.broker.ears import hearing, new_bell, ring_until_heard, wait_until


class Server(Protocol):
    """A broker that a test may kill."""

    @property
    def url(self) -> str: ...
    def start(self) -> None: ...
    def kill(self) -> None: ...


@pytest.mark.parametrize("url", ["http://host", "host:6379", "redis:/host", ""])
def test_an_address_of_no_broker_is_refused_by_name(url: str) -> None:
    with pytest.raises(
        ValueError, match="BACKROOM_BROKER_URL must begin with redis://, rediss://, amqp:// or amqps://"
    ):
        broker.connect(url)


@pytest.mark.parametrize("url", ["amqp://host:number/", "amqp://host/?heartbeats=1"])
def test_an_address_that_pika_cannot_read_is_refused_by_name(url: str) -> None:
    with pytest.raises(ValueError, match="BACKROOM_BROKER_URL"):
        broker.connect(url)


def test_each_operation_rings_once_and_no_more_than_there_are_threads(broker_server: Server) -> None:
    bell = new_bell(broker_server.url, threads=2)
    before = time.time()
    with hearing(broker_server.url, bell.service) as ears:
        bell.ring("slow", operations=50)
        bell.ring("fast")
        wait_until(lambda: len(ears.heard) >= 3)
    assert sorted(ears.lanes) == ["fast", "slow", "slow"]
    assert all(before <= rung <= time.time() for _, rung in ears.heard)
    bell.close()


def test_a_bell_that_no_thread_is_free_for_is_heard_by_another_process(broker_server: Server) -> None:
    bell = new_bell(broker_server.url)
    with hearing(broker_server.url, bell.service, threads=1, busy=True) as engaged:
        bell.ring("long")
        wait_until(lambda: engaged.lanes == ["long"])
        bell.ring("short")
        with hearing(broker_server.url, bell.service, threads=1) as free:
            wait_until(lambda: free.lanes == ["short"])
        assert engaged.lanes == ["long"]
    bell.close()


def test_ringing_a_broker_that_is_away_delays_nobody_and_both_ends_find_it_again(mortal_broker: Server) -> None:
    bell = new_bell(mortal_broker.url)
    with hearing(mortal_broker.url, bell.service) as ears:
        bell.ring("before")
        wait_until(lambda: ears.lanes == ["before"])
        mortal_broker.kill()
        lost = lost_bells()
        begun = time.monotonic()
        while lost_bells() == lost:  # until it has been noticed
            bell.ring("meanwhile")
        for _ in range(1_000):
            bell.ring("meanwhile")
        assert time.monotonic() - begun < PATIENCE + 1
        mortal_broker.start()
        ring_until_heard(bell, ears, "after")
        assert "meanwhile" not in ears.lanes
    bell.close()


def lost_bells() -> float:
    lost = REGISTRY.get_sample_value("backroom_bells_lost_total")
    assert lost is not None
    return lost
