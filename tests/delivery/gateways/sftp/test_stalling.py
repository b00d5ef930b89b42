"""A server that lets go of nothing and takes nothing any more is not waited for longer than an answer."""

import socket
import threading
import time
from pathlib import Path

import pytest

from services.delivery.domain.failures import ConnectionLost, TimedOut
from services.delivery.domain.logins import Login
from services.delivery.gateways.network import Gate, Patience
from services.delivery.gateways.sftp.carrier import open_sftp
from tests.delivery import paramiko_end
from tests.delivery.cutting_proxy import CuttingProxy
from tests.delivery.far_end import FarEnd
from tests.delivery.gateways.sftp.sending import carrier_of, upload
from tests.delivery.paramiko_end import ParamikoEnd


class NarrowGate(Gate):
    """Connections whose buffer is full at once, as on a slow line: what is written then waits for the server."""

    def connect(self, host: str, port: int) -> socket.socket:
        """As the gate."""
        connection = super().connect(host, port)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * 1024)
        return connection


def test_a_server_that_reads_no_more_is_waited_for_so_long_only(far_end: FarEnd) -> None:
    gate = NarrowGate(denied=[], connect_timeout=5)
    patience = Patience(greeting=5, login=5, answer=1)
    with (
        CuttingProxy(far_end.port, stall_after=300_000) as proxy,
        open_sftp(far_end.method(port=proxy.port), gate, patience) as carrier,
    ):
        begun = time.monotonic()
        with pytest.raises((ConnectionLost, TimedOut)):
            carrier.write([upload("a.csv", bytes(20 << 20))])
        assert time.monotonic() - begun < 8


def test_a_server_that_does_not_open_the_session_is_waited_for_so_long_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()
    monkeypatch.setattr(paramiko_end.Door, "check_channel_subsystem_request", lambda *_: over.wait(20))
    with ParamikoEnd(tmp_path / "far", needs={"password"}) as end:
        begun = time.monotonic()
        try:
            with (
                pytest.raises(TimedOut),
                carrier_of(end.method(Login(password="s3cret")), Patience(greeting=5, login=5, answer=1)),
            ):
                pass
            assert time.monotonic() - begun < 8
        finally:
            over.set()
