"""RabbitMQ rings like Redis does, and its own ways do no harm: timeouts, stalls, queues that are not as they were."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pika
import pytest
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from chassis.broker import rabbitmq_bells, ringer
from chassis.broker.port import PATIENCE
from chassis.broker.ringer import BOUND
from tests.chassis.broker.ears import Bell, Ears, hearing, new_bell, ring_until_heard, wait_until
from tests.chassis.broker.test_bells import (  # noqa: F401  # collected here once more, with RabbitMQ as their broker
    lost_bells,
    test_a_bell_that_no_thread_is_free_for_is_heard_by_another_process,
    test_each_operation_rings_once_and_no_more_than_there_are_threads,
    test_ringing_a_broker_that_is_away_delays_nobody_and_both_ends_find_it_again,
)
from tests.servers.rabbitmq import RabbitServer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bell(rabbitmq: RabbitServer) -> Iterator[Bell]:
    bell = new_bell(rabbitmq.url)
    yield bell
    bell.close()


@pytest.fixture
def channel(rabbitmq: RabbitServer) -> Iterator[BlockingChannel]:
    """An operator's look at the broker."""
    with pika.BlockingConnection(pika.URLParameters(rabbitmq.url)) as connection:
        yield connection.channel()


def waiting(channel: BlockingChannel, bell: Bell) -> int:
    """Bells that nobody has been brought yet."""
    return int(channel.queue_declare(bell.queue, passive=True).method.message_count)


def test_nothing_is_made_but_the_queue(rabbitmq: RabbitServer, bell: Bell) -> None:
    with hearing(rabbitmq.url, bell.service) as ears:
        ring_until_heard(bell, ears, "a")
        for suffix in ("DQ", "XQ"):
            with pika.BlockingConnection(pika.URLParameters(rabbitmq.url)) as connection:
                channel = connection.channel()
                with pytest.raises(ChannelClosedByBroker, match="NOT_FOUND"):
                    channel.queue_declare(f"{bell.queue}.{suffix}", passive=True)


def test_bells_that_nobody_hears_do_not_pile_up(
    bell: Bell, channel: BlockingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert 2_000 < float(ringer.PROPERTIES.expiration) <= 60_000, "longer than the relay needs to ring again"
    monkeypatch.setattr(ringer.PROPERTIES, "expiration", "500")
    for _ in range(100):
        bell.ring("a", operations=2)
    channel.queue_declare(bell.queue, durable=True)
    wait_until(lambda: waiting(channel, bell) > 0)
    wait_until(lambda: waiting(channel, bell) == 0)


def test_a_drain_may_go_on_for_longer_than_the_broker_waits_for_an_acknowledgement(
    rabbitmq: RabbitServer, bell: Bell, channel: BlockingChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq_bells, "HELD", 0.1)
    with hearing(rabbitmq.url, bell.service, threads=1, busy=True) as ears:
        bell.ring("long")
        wait_until(lambda: ears.lanes == ["long"])
        # RabbitMQ brings a second bell to the one thread's process only once the first is acknowledged.
        bell.ring("next")
        time.sleep(2.5)
        assert waiting(channel, bell) == 0
        ears.busy.clear()
        ears.idle.set()
        wait_until(lambda: ears.lanes == ["long", "next"])
    assert waiting(channel, bell) == 0, "a bell was brought back after it was acknowledged"


def test_what_a_dead_process_was_told_another_one_hears(rabbitmq: RabbitServer, bell: Bell) -> None:
    script = (
        "import sys; from tests.chassis.broker.ears import Ears, wait_until\n"
        "ears = Ears(sys.argv[1], sys.argv[2], threads=1); ears.busy.set(); ears.start()\n"
        "wait_until(lambda: bool(ears.heard)); print(*ears.lanes, flush=True); ears.idle.wait()"
    )
    dying = subprocess.Popen(
        [sys.executable, "-c", script, rabbitmq.url, bell.service], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with dying:
        bell.ring("a")
        assert dying.stdout is not None
        assert dying.stdout.readline() == "a\n"
        dying.kill()
    with hearing(rabbitmq.url, bell.service) as other:
        wait_until(lambda: other.lanes == ["a"])


def test_a_broker_that_answers_nothing_holds_up_nobody(rabbitmq: RabbitServer, bell: Bell) -> None:
    with hearing(rabbitmq.url, bell.service) as ears:
        ring_until_heard(bell, ears, "before")
        leaving = Ears(rabbitmq.url, bell.service)
        leaving.start()
        ring_until_heard(bell, leaving, "before")
        rabbitmq.freeze()
        try:
            longest = 0.0
            for number in range(2 * BOUND):
                begun = time.monotonic()
                bell.ring(f"frozen {number % 3}")
                longest = max(longest, time.monotonic() - begun)
            begun = time.monotonic()
            leaving.stop()
            bell.close()
            assert time.monotonic() - begun < 4
        finally:
            rabbitmq.thaw()
        assert longest < 0.5
        ring_until_heard(bell, ears, "after")


def test_a_broker_that_never_says_hello_is_given_up_soon() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        bell = new_bell(f"amqp://127.0.0.1:{silent.getsockname()[1]}")
        lost = lost_bells()
        begun = time.monotonic()
        bell.ring("a")
        assert time.monotonic() - begun < 0.5
        wait_until(lambda: lost_bells() == lost + 1, 2 * PATIENCE + 1)
        bell.ring("a")
        assert lost_bells() == lost + 2
        bell.close()


@pytest.mark.parametrize("lose", ["deleted", "of another kind"])
def test_a_queue_that_an_operator_touched_is_no_obstacle(
    lose: str, rabbitmq: RabbitServer, bell: Bell, channel: BlockingChannel
) -> None:
    with hearing(rabbitmq.url, bell.service) as ears:
        ring_until_heard(bell, ears, "before")
        channel.queue_delete(bell.queue)
        if lose == "of another kind":
            channel.queue_declare(bell.queue, durable=True, arguments={"x-max-length": 10})
        ring_until_heard(bell, ears, "after")


def test_what_is_no_bell_is_taken_out(rabbitmq: RabbitServer, bell: Bell, channel: BlockingChannel) -> None:
    with hearing(rabbitmq.url, bell.service) as ears:
        ring_until_heard(bell, ears, "before")
        channel.basic_publish("", bell.queue, b"\x00 what is this")
        bell.ring("after")
        wait_until(lambda: "after" in ears.lanes)
    assert waiting(channel, bell) == 0


def test_a_certificate_that_nobody_vouches_for_is_not_rung(rabbitmq: RabbitServer) -> None:
    bell = new_bell(rabbitmq.tls_url)
    lost = lost_bells()
    bell.ring("a")
    wait_until(lambda: lost_bells() == lost + 1)
    bell.close()


def test_bells_ring_over_tls(rabbitmq: RabbitServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(rabbitmq.authority))
    bell = new_bell(rabbitmq.tls_url)
    with hearing(rabbitmq.tls_url, bell.service) as ears:
        bell.ring("a")
        wait_until(lambda: ears.lanes == ["a"])
    bell.close()
