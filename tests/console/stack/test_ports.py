import socket

import pytest

from console.stack.errors import StackPortTaken
from console.stack.ports import LARGEST_OFFSET, SERVICES, Ports


def test_embedded_ports_are_those_of_the_documentation() -> None:
    ports = Ports.embedded()
    assert [ports.address(service) for service in SERVICES] == [f"127.0.0.1:{20051 + n}" for n in range(5)]
    assert ports.health_address("mail") == "127.0.0.1:20155"
    assert ports.metrics_address("sales", "serve") == "127.0.0.1:9153"
    assert ports.metrics_address("sales", "work") == "127.0.0.1:9163"
    assert ports.metrics_address("scheduler", "plan") == "127.0.0.1:9166"


def test_no_port_is_used_twice() -> None:
    for ports in (Ports.embedded(), Ports.embedded(LARGEST_OFFSET), Ports.free()):
        numbers = [port for port, _ in ports.uses()]
        assert len(set(numbers)) == len(numbers) == 21
        assert max(numbers) <= 65535


def test_a_taken_port_is_named_with_its_purpose_and_the_way_out() -> None:
    ports = Ports.free()
    ports.check_free()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", ports.health[2]))
        taken.listen()
        with pytest.raises(
            StackPortTaken, match=rf"port {ports.health[2]} .* health of sales, is taken.*--port-offset"
        ):
            ports.check_free()
