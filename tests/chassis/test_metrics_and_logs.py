import io
import json
import logging
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
import structlog
from prometheus_client import Counter

from chassis import logs, telemetry
from chassis.addresses import Address, PortTaken
from chassis.metrics import MetricsServer, new_registry, serve_http
from chassis.settings import ServiceSettings


@pytest.fixture
def alive() -> dict[str, bool]:
    return {"live": True}


@pytest.fixture
def server(alive: dict[str, bool]) -> Iterator[MetricsServer]:
    registry = new_registry("sales", "serve")
    Counter("backroom_test_things", "Things.", registry=registry).inc(3)
    server = serve_http("127.0.0.1:0", lambda: alive["live"], registry)
    yield server
    server.stop()


def get(server: MetricsServer, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_metrics_say_which_process_this_is(server: MetricsServer) -> None:
    status, text = get(server, "/metrics")
    assert status == 200
    assert "backroom_test_things_total 3.0" in text
    assert 'backroom_process_info{process="serve",service="sales",version="' in text
    assert "process_resident_memory_bytes" in text


def test_live_turns_with_the_process(server: MetricsServer, alive: dict[str, bool]) -> None:
    assert get(server, "/live") == (200, "live\n")
    alive["live"] = False
    assert get(server, "/live") == (503, "not live\n")
    assert get(server, "/other")[0] == 404


def test_a_taken_port_is_named_and_a_stopped_server_frees_its_own(server: MetricsServer) -> None:
    port, registry = server.port, new_registry("sales", "work")
    with pytest.raises(PortTaken, match=f"127.0.0.1:{port} is taken .* BACKROOM_METRICS_LISTEN"):
        serve_http(f"127.0.0.1:{port}", lambda: True, registry)
    other = serve_http("127.0.0.1:0", lambda: True, registry)
    freed = other.port
    other.stop()
    with socket.create_server(("127.0.0.1", freed)):
        pass


@pytest.fixture
def unchanged_logging() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:], root.level = before[0], before[1]
    structlog.configure(**before[2])


def told(**more: str) -> ServiceSettings:
    return ServiceSettings.model_validate({"database_url": "postgresql://h/d", "broker_url": "redis://h", **more})


@pytest.mark.usefixtures("unchanged_logging")
def test_a_line_is_one_json_object_with_who_where_and_why() -> None:
    stream = io.StringIO()
    logs.start("sales", "work", told(), stream=stream)
    with structlog.contextvars.bound_contextvars(correlation="run-5"), telemetry.span("work"):
        trace = telemetry.trace_id()
        structlog.get_logger("here").info("day posted", day="2017-01-01", store="é")
    line = json.loads(stream.getvalue())
    assert line.pop("time").endswith("Z")
    assert line == {
        "event": "day posted",
        "day": "2017-01-01",
        "store": "é",
        "level": "info",
        "logger": "here",
        "service": "sales",
        "process": "work",
        "correlation": "run-5",
        "trace": trace,
    }


@pytest.mark.usefixtures("unchanged_logging")
def test_other_libraries_write_the_same_lines_and_stacks_stay_in_one() -> None:
    stream = io.StringIO()
    logs.start("sales", "work", told(), stream=stream)
    try:
        raise ZeroDivisionError("over")
    except ZeroDivisionError:
        logging.getLogger("library").exception("went wrong with %s", "it")
    logging.getLogger("library").debug("not at this level")
    (text,) = stream.getvalue().splitlines()
    line = json.loads(text)
    assert (line["event"], line["level"], line["logger"]) == ("went wrong with it", "error", "library")
    assert line["exception"][0]["exc_type"] == "ZeroDivisionError"
    assert "locals" not in text, "locals may hold secrets"


@pytest.mark.usefixtures("unchanged_logging")
def test_lines_for_people_and_a_level_of_their_own() -> None:
    stream = io.StringIO()
    logs.start("sales", "serve", told(log_format="console", log_level="warning"), stream=stream)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud", store=12)
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()
    assert "store=12" in stream.getvalue()


@pytest.mark.parametrize(
    ("text", "host", "port", "loopback", "name"),
    [
        ("127.0.0.1:50051", "127.0.0.1", 50051, True, False),
        ("[::1]:0", "::1", 0, True, False),
        ("localhost:1", "localhost", 1, True, True),
        ("0.0.0.0:50051", "0.0.0.0", 50051, False, False),
        ("sales.shop:50051", "sales.shop", 50051, False, True),
    ],
)
def test_an_address_knows_how_far_it_reaches(text: str, host: str, port: int, loopback: bool, name: bool) -> None:
    address = Address.parse(text)
    assert (address.host, address.port, str(address)) == (host, port, text)
    assert (address.is_loopback, address.is_name) == (loopback, name)


@pytest.mark.parametrize("text", ["", ":1", "host", "host:", "host:x", "host:65536", "::1:50051", "host:-1", "h:١"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an address|has no port"):
        Address.parse(text)
