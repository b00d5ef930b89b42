"""The gate tells failures of delivery's own, and lets a server name the ports of its data."""

import socket
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from chassis.network import DENIED, parse_networks, parse_ports
from services.delivery.domain.failures import ConnectionRefused, HostNotAllowed, PortNotAllowed, UnknownHost
from services.delivery.gateways.network import Gate
from services.delivery.settings import DeliverySettings

GATE = Gate(denied=parse_networks(DENIED), ports=parse_ports("1 22"), connect_timeout=5)


def test_a_port_that_is_not_allowed_is_not_called_and_no_name_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("it was looked up"))
    with pytest.raises(PortNotAllowed) as caught:
        GATE.connect("host.example", 6379)
    assert caught.value.facts == {"host": "host.example", "port": "6379"}


def test_a_further_connection_may_go_to_any_port_and_to_no_other_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        GATE.connect_further("127.0.0.1", listener.getsockname()[1]).close()
    with pytest.raises(HostNotAllowed):
        GATE.connect_further("169.254.169.254", 80)


def test_each_refusal_is_a_failure_with_its_facts() -> None:
    with pytest.raises(UnknownHost):
        GATE.connect("host.invalid", 22)
    with pytest.raises(HostNotAllowed) as denied:
        GATE.connect("0xA9FEA9FE", 22)
    assert denied.value.facts == {"host": "0xA9FEA9FE", "address": "169.254.169.254"}
    with pytest.raises(ConnectionRefused) as refused:
        GATE.connect("127.0.0.1", 1)
    assert refused.value.facts["port"] == "1"


@pytest.mark.parametrize(
    ("name", "text"), [("denied_networks", "nonsense"), ("allowed_networks", "10.0.0.1/8"), ("allowed_ports", "ssh")]
)
def test_a_gate_that_is_not_as_it_should_be_stops_the_service_at_its_start(
    tmp_path: Path, name: str, text: str
) -> None:
    with pytest.raises(ValidationError, match=text.split("/")[0]):
        DeliverySettings.model_validate(
            {"database_url": SecretStr("x"), "broker_url": SecretStr("redis://x"), "var": tmp_path, name: text}
        )
