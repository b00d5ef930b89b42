"""Ports where something else listens."""

import socket
import threading
from collections.abc import Iterator

import pytest

from services.delivery.domain.destinations import Sftp
from services.delivery.domain.failures import CarryFailed, NotAnSftpServer, TimedOut
from services.delivery.domain.host_keys import HostKeyPin
from services.delivery.domain.logins import Login
from services.delivery.gateways.network import Patience
from services.delivery.gateways.sftp.carrier import open_sftp
from tests.delivery.conftest import GATE


@pytest.fixture(params=[b"220 FTP ready\r\n" * 200, b"SSH-9.9-FTP ready\r\n", b""])
def other_server(request: pytest.FixtureRequest) -> Iterator[tuple[int, bytes]]:
    greeting: bytes = request.param
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            held.append(connection)
            connection.sendall(greeting)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1], greeting
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)
    for connection in held:
        connection.close()


def test_something_else_on_the_port_is_told_in_time(other_server: tuple[int, bytes]) -> None:
    port, greeting = other_server
    method = Sftp(
        host="127.0.0.1",
        port=port,
        user_name="x",
        host_key=HostKeyPin("SHA256:" + "A" * 43),
        folder="",
        login=Login(password="x"),
    )
    with (
        pytest.raises(CarryFailed) as caught,
        open_sftp(method, GATE, Patience(greeting=0.5, login=1, answer=1)),
    ):
        pytest.fail("the session must not open")
    assert "FTP ready" not in str(caught.value)  # what listens there is none of our callers' business
    assert type(caught.value) in ({NotAnSftpServer} if greeting else {TimedOut, NotAnSftpServer})
