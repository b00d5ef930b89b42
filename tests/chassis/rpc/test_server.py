"""A server as its operator meets it: where it listens, what its health says, and how it ends."""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import grpc
import pytest
from grpc import StatusCode
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.addresses import PlaintextRefused, PortTaken
from chassis.auth import Principals
from chassis.rpc import call
from chassis.rpc.client import OPTIONS
from chassis.rpc.server import Server, server_options
from chassis.settings import ServiceSettings
from tests.chassis.rpc.conftest import NAME, Place
from tests.waiting import until


def test_health_needs_no_token_and_tells_ready_from_alive(place: Place) -> None:
    with grpc.insecure_channel(f"127.0.0.1:{place.server.health_port}") as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)  # its stubs name no method

        def state(name: str) -> str:
            answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5)
            return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)

        assert [state(""), state(NAME), state("live")] == ["SERVING"] * 3


def test_a_drain_under_load_loses_no_call_that_was_let_in(
    open_door: Callable[..., Place],
) -> None:
    place = open_door(drain_notice="300ms")
    begun: list[str] = []
    done: list[str] = []
    refused: list[tuple[StatusCode, str]] = []
    lock = threading.Lock()

    def act(text: str) -> str:
        with lock:
            begun.append(text)
        time.sleep(0.05)
        return text

    place.door.act = act
    caller, stop = place.caller(), threading.Event()

    def load(worker: int) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            text = f"{worker}-{number}"
            try:
                done.append(caller.say(text))
            except grpc.RpcError as error:
                refused.append((error.code(), text))
                return

    seen: list[int] = []

    def watch() -> None:
        with grpc.insecure_channel(f"127.0.0.1:{place.server.health_port}") as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)  # as above
            for answer in stub.Watch(health_pb2.HealthCheckRequest(), timeout=10):
                seen.append(answer.status)
                if answer.status == health_pb2.HealthCheckResponse.NOT_SERVING:
                    seen.append(len(done))
                    return

    with ThreadPoolExecutor(9) as pool:
        watching = pool.submit(watch)
        loads = [pool.submit(load, worker) for worker in range(8)]
        until(lambda: len(done) > 20)
        until(lambda: bool(seen))
        place.server.drain_and_stop()
        stop.set()
        for each in [*loads, watching]:
            each.result(timeout=10)
    assert sorted(done) == sorted(begun), "a call that was begun was answered, and no other"
    # gRPC answers CANCELLED to what reached it too late to be begun; `remote_errors` reads both as Unavailable.
    assert {code for code, _ in refused} <= {StatusCode.UNAVAILABLE, StatusCode.CANCELLED}
    assert len(done) > seen[-1], "callers were still answered after NOT_SERVING"


def test_a_stream_ends_itself_when_the_server_drains(place: Place) -> None:
    def act(text: str) -> str:
        until(lambda: call.current().over())
        return text

    place.door.act = act
    answers = place.caller().count(1)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(next, answers)
        until(lambda: place.metric("backroom_rpc_in_flight", service=NAME, method="Count") == 1)
        begun = time.monotonic()
        place.server.drain_and_stop()
        assert first.result() == "0"
    assert time.monotonic() - begun < 3


def test_draining_twice_is_draining_once(place: Place) -> None:
    place.server.drain_and_stop()
    place.server.drain_and_stop()


@pytest.mark.parametrize("variable", ["listen", "health_listen"])
def test_a_taken_port_is_named(settings: Callable[..., ServiceSettings], principals: Principals, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        server = Server(settings(**{variable: address}), [], principals)
        with pytest.raises(PortTaken, match=f"{address} is taken .* BACKROOM_{variable.upper()}"):
            server.start()


def test_two_servers_never_share_a_port(
    place: Place, settings: Callable[..., ServiceSettings], principals: Principals
) -> None:
    with pytest.raises(PortTaken):
        Server(settings(listen=f"127.0.0.1:{place.server.port}"), [], principals).start()


def test_outside_loopback_without_tls_it_refuses_to_start(
    settings: Callable[..., ServiceSettings], principals: Principals
) -> None:
    with pytest.raises(PlaintextRefused, match="BACKROOM_TLS_CERTIFICATE"):
        Server(settings(listen="0.0.0.0:0"), [], principals)


def test_pings_of_our_clients_are_welcome_to_our_servers() -> None:
    allowed = dict(server_options(timedelta(minutes=20)))["grpc.http2.min_ping_interval_without_data_ms"]
    assert int(dict(OPTIONS)["grpc.keepalive_time_ms"]) > allowed


def test_a_call_that_began_on_an_ageing_connection_ends_in_peace() -> None:
    options = dict(server_options(timedelta(minutes=20)))
    assert options["grpc.max_connection_age_grace_ms"] > timedelta(minutes=20) / timedelta(milliseconds=1)
    assert dict(server_options(None))["grpc.max_connection_age_grace_ms"] == (1 << 31) - 1  # gRPC's word for never
