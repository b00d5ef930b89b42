"""A server that lets go of nothing and takes nothing any more is not waited for longer than an answer."""

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import paramiko
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


# Cut off, the closing of the channel fails too, on the thread that watches the time: it must not be heard of.
@pytest.mark.parametrize("cut_off", [False, True])
def test_a_server_that_does_not_open_the_session_is_waited_for_so_long_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cut_off: bool
) -> None:
    made: list[socket.socket] = []
    over = threading.Event()

    class KnownGate(Gate):
        def connect(self, host: str, port: int) -> socket.socket:
            made.append(Gate.connect(self, host, port))
            return made[-1]

    def say_nothing(*_: object) -> bool:
        if cut_off:
            made[-1].shutdown(socket.SHUT_WR)
        return over.wait(20)

    monkeypatch.setattr(paramiko_end.Door, "check_channel_subsystem_request", say_nothing)
    gate, patience = KnownGate(denied=[], connect_timeout=5), Patience(greeting=5, login=5, answer=1)
    with ParamikoEnd(tmp_path / "far", needs={"password"}) as end:
        begun = time.monotonic()
        try:
            with (
                pytest.raises(TimedOut),
                open_sftp(end.method(Login(password=paramiko_end.PASSWORD)), gate, patience),
            ):
                pass
            assert time.monotonic() - begun < 8
        finally:
            over.set()


@pytest.mark.parametrize("answers_spared", [0, 1])
def test_an_answer_in_crumbs_is_waited_for_so_long_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers_spared: int
) -> None:
    spared = iter(range(answers_spared))

    def crumble(server: paramiko.SFTPServer, out: bytes) -> None:
        assert server.sock is not None
        size = len(out) if next(spared, None) is not None else 1
        with suppress(OSError, EOFError):  # whoever asked has left
            for at in range(0, len(out), size):
                server.sock.send(out[at : at + size])
                time.sleep(0 if size > 1 else 0.3)

    monkeypatch.setattr(paramiko.SFTPServer, "_write_all", crumble)
    with ParamikoEnd(tmp_path / "far", needs={"password"}) as end:
        begun = time.monotonic()
        with (
            pytest.raises(TimedOut),
            carrier_of(
                end.method(Login(password=paramiko_end.PASSWORD)), Patience(greeting=5, login=5, answer=1)
            ) as carrier,
        ):
            carrier.sizes(["a.csv"])
        assert time.monotonic() - begun < 8
