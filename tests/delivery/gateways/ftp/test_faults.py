"""An FTP server that fills up, breaks off, falls silent, or says what is not so."""

import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import pytest

from services.delivery.application.far_ends import Arrived
from services.delivery.domain.failures import (
    CarryFailed,
    ConnectionLost,
    ConnectionRefused,
    DiskFull,
    NotAnFtpServer,
    TimedOut,
)
from services.delivery.domain.file_failures import (
    NotVerified,
    RefusedByServer,
    SpoolFileDamaged,
)
from services.delivery.gateways.ftp import folder
from services.delivery.gateways.ftp.carrier import open_ftp
from services.delivery.gateways.ftp.data import DataConnection, DataCut
from tests.delivery.conftest import GATE, HURRIED, PATIENCE
from tests.delivery.cutting_proxy import CuttingProxy
from tests.delivery.ftp_end import FtpEnd
from tests.delivery.gateways.ftp.sending import MEGABYTES, send, upload


def test_a_server_that_never_connects_in_active_mode_is_waited_for_only_so_long(ftp_end: FtpEnd) -> None:
    ftp_end.behaviour.answers = {"PORT": "200 yes", "STOR": "150 go on"}
    with open_ftp(ftp_end.method(active=True), GATE, HURRIED) as carrier, pytest.raises(TimedOut, match="data"):
        carrier.write([upload("a", b"x")])


@pytest.mark.parametrize("code", [426, 451, 452, 552])
def test_a_disk_that_fills_up_is_named_and_what_was_written_goes(ftp_end: FtpEnd, code: int) -> None:
    ftp_end.behaviour.fail_write = 9
    ftp_end.behaviour.fail_answer = f"{code} No space left on device."
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier, pytest.raises(DiskFull, match="No space left"):
        carrier.write([upload("a", *MEGABYTES)])
    assert ftp_end.files() == {}


@pytest.mark.parametrize("answer", ["452 Error writing file", "552 Exceeded storage allocation", "550 Disque plein"])
def test_a_refusal_for_want_of_room_is_a_full_disk(ftp_end: FtpEnd, answer: str) -> None:
    ftp_end.behaviour.answers = {"STOR": answer}
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier, pytest.raises(DiskFull):
        carrier.write([upload("a", b"x")])


@pytest.mark.parametrize("number", [1, 2, 7])
def test_whichever_write_fails_the_file_fails_and_nothing_of_it_stays(ftp_end: FtpEnd, number: int) -> None:
    ftp_end.behaviour.fail_write = number
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        refused, arrived = carrier.write([upload("a", *MEGABYTES), upload("b", b"x")])
    assert isinstance(refused, RefusedByServer)
    assert arrived == Arrived(size_bytes=1)
    assert ftp_end.files() == {"b": b"x"}


def test_a_file_that_is_refused_does_not_stop_the_next(ftp_end: FtpEnd) -> None:
    (ftp_end.root / "folder").mkdir()
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        refused, arrived = carrier.write([upload("folder", b"x"), upload("b", b"x")])
    assert isinstance(refused, RefusedByServer)
    assert arrived == Arrived(size_bytes=1)


@pytest.mark.parametrize("command", ["STOR", "PASV"])
@pytest.mark.parametrize("answer", ["425 Not now.", "550 Permission denied.", "553 Not to be replaced.", "552 Quota."])
def test_what_bears_the_name_stays_where_nothing_was_written(ftp_end: FtpEnd, command: str, answer: str) -> None:
    """Files written directly bear the names of those that were delivered before."""
    (ftp_end.root / "a.csv").write_bytes(b"yesterday")
    ftp_end.behaviour.answers = {command: answer, "EPSV": answer}
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier, suppress(CarryFailed):
        (refused,) = carrier.write([upload("a.csv", b"today")])
        assert isinstance(refused, RefusedByServer)
    assert "STOR a.csv" in ftp_end.behaviour.commands or command == "PASV"
    assert ftp_end.files() == {"a.csv": b"yesterday"}


@pytest.mark.parametrize("answer", ["450 In use.", "550 Access is denied.", "553 Could not create file."])
def test_what_bears_the_name_stays_where_it_is_refused_only_after_its_bytes(ftp_end: FtpEnd, answer: str) -> None:
    (ftp_end.root / "a.csv").write_bytes(b"yesterday")
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        ftp_end.behaviour.answers = {"STOR": f"150 go on\r\n{answer}"}
        with suppress(CarryFailed):
            assert isinstance(carrier.write([upload("a.csv", b"today")])[0], CarryFailed)
    assert "STOR a.csv" in ftp_end.behaviour.commands
    assert ftp_end.files() == {"a.csv": b"yesterday"}


@pytest.mark.parametrize(
    ("active", "answers"),
    [
        (False, {"PASV": "421 Timeout."}),
        (False, {"STOR": "421 Timeout."}),
        (True, {"PORT": "200 yes", "STOR": "150 go on"}),
        (True, {"PORT": "200 yes", "STOR": "150 go on\r\n425 Cannot connect."}),
    ],
)
def test_what_bears_the_name_stays_where_no_data_connection_was_made(
    ftp_end: FtpEnd, active: bool, answers: dict[str, str]
) -> None:
    (ftp_end.root / "a.csv").write_bytes(b"yesterday")
    ftp_end.behaviour.answers = answers
    with open_ftp(ftp_end.method(active=active), GATE, HURRIED) as carrier, pytest.raises((ConnectionLost, TimedOut)):
        carrier.write([upload("a.csv", b"today")])
    assert ftp_end.files() == {"a.csv": b"yesterday"}


def test_what_bears_the_name_stays_where_the_connection_dies_before_the_file_is_opened(ftp_end: FtpEnd) -> None:
    (ftp_end.root / "a.csv").write_bytes(b"yesterday")
    with CuttingProxy(ftp_end.port) as proxy, open_ftp(ftp_end.method(port=proxy.port), GATE, PATIENCE) as carrier:
        proxy.cut()
        with pytest.raises(ConnectionLost):
            carrier.write([upload("a.csv", b"today")])
    assert ftp_end.files() == {"a.csv": b"yesterday"}


def test_a_data_connection_that_is_cut_does_not_count_whatever_the_server_says(ftp_end: FtpEnd) -> None:
    ftp_end.behaviour.cut_after = 1 << 20
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier, pytest.raises(ConnectionLost):
        carrier.write([upload("a", *MEGABYTES * 4)])


def test_what_is_lost_without_a_word_shows_in_the_length(ftp_end: FtpEnd) -> None:
    ftp_end.behaviour.loses_from = 3 << 20
    assert send(ftp_end, "a", *MEGABYTES) == Arrived(size_bytes=3 << 20)


def test_a_file_is_resumed_where_it_ended(ftp_end: FtpEnd) -> None:
    (ftp_end.root / "a").write_bytes(MEGABYTES[0] + b"half of the next")
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        assert carrier.resumes is True
        rest = upload("a", *MEGABYTES[1:], start=1 << 20, size_bytes=5 << 20)
        assert carrier.write([rest]) == [Arrived(size_bytes=5 << 20)]
    assert ftp_end.files() == {"a": b"".join(MEGABYTES)}
    assert "APPE" not in ftp_end.verbs()


def test_a_file_that_is_shorter_than_was_thought_is_given_up_rather_than_resumed(ftp_end: FtpEnd) -> None:
    (ftp_end.root / "a").write_bytes(b"short")
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        (result,) = carrier.write([upload("a", b"rest", start=1 << 20, size_bytes=(1 << 20) + 4)])
    assert isinstance(result, NotVerified)
    assert ftp_end.files() == {}


def test_a_server_that_refuses_to_resume_gets_the_file_from_its_beginning_next_time(ftp_end: FtpEnd) -> None:
    ftp_end.behaviour.answers = {"REST": "502 No"}
    (ftp_end.root / "a").write_bytes(MEGABYTES[0])
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        (result,) = carrier.write([upload("a", b"rest", start=1 << 20, size_bytes=(1 << 20) + 4)])
    assert isinstance(result, RefusedByServer)
    assert ftp_end.files() == {}


def test_after_a_cut_the_server_says_how_much_it_has(ftp_end: FtpEnd) -> None:
    ftp_end.behaviour.cut_after = 3 << 20
    ftp_end.behaviour.cut_answer = "426 Connection closed; transfer aborted."
    told: list[int] = []
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier, pytest.raises(ConnectionLost):
        carrier.write([upload("a", *MEGABYTES * 4, written=told.append)])
    ((name, content),) = ftp_end.files().items()
    assert (name, told) == ("a", [len(content)])
    assert len(content) >= 3 << 20


def test_progress_is_told_of_what_has_left_every_buffer(ftp_end: FtpEnd) -> None:
    told: list[int] = []
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        carrier.write([upload("a", *[bytes(1 << 20)] * 40, written=told.append)])
    assert told == sorted(told)
    assert told[-1] == 8 << 20


def test_what_the_spool_says_of_a_damaged_file_stands_in_its_place(ftp_end: FtpEnd) -> None:
    def damaged() -> Iterator[bytes]:
        yield MEGABYTES[0]
        raise SpoolFileDamaged("a", "UPDATE-1/x")

    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        results = carrier.write([upload("a", chunks=damaged(), size_bytes=5 << 20), upload("b", b"x")])
    assert isinstance(results[0], SpoolFileDamaged)
    assert results[1] == Arrived(size_bytes=1)
    assert ftp_end.files() == {"b": b"x"}


def test_what_is_not_the_far_ends_goes_through(ftp_end: FtpEnd) -> None:
    def stopped() -> Iterator[bytes]:
        yield b"x"
        raise KeyError("the process has to leave")

    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier, pytest.raises(KeyError):
        carrier.write([upload("a", chunks=stopped(), size_bytes=5)])
    assert ftp_end.files() == {}


def test_a_connection_that_ended_while_idle_is_made_anew(ftp_end: FtpEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "IDLE", 0.0)
    with (
        CuttingProxy(ftp_end.port) as proxy,
        open_ftp(ftp_end.method(port=proxy.port, folder="in"), GATE, PATIENCE) as carrier,
    ):
        carrier.prepare(make=True)
        proxy.cut()
        assert carrier.write([upload("a", b"x")]) == [Arrived(size_bytes=1)]
    assert ftp_end.files() == {"in/a": b"x"}
    assert ftp_end.behaviour.logins == 2


def test_a_server_that_says_421_has_ended_the_connection(ftp_end: FtpEnd) -> None:
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        ftp_end.behaviour.answers = {"STOR": "421 Timeout."}
        with pytest.raises(ConnectionLost, match=r"\(421\) Timeout"):
            carrier.write([upload("a", b"x")])


def test_a_server_that_falls_silent_is_waited_for_only_so_long(ftp_end: FtpEnd) -> None:
    with (
        CuttingProxy(ftp_end.port) as proxy,
        open_ftp(ftp_end.method(port=proxy.port), GATE, HURRIED) as carrier,
    ):
        proxy.silent = True
        with pytest.raises(TimedOut, match="answer"):
            carrier.write([upload("a", b"x")])


def test_a_slow_line_is_no_silence(slow_line: socket.socket) -> None:
    with closing(DataConnection(slow_line, 0.5)) as data:
        data.send(bytes(1 << 20))


def test_a_file_that_comes_sign_by_sign_is_waited_for_only_so_long(dripping: Callable[[bytes], int]) -> None:
    connection = socket.create_connection(("127.0.0.1", dripping(b"x")))
    connection.settimeout(0.5)
    with closing(DataConnection(connection, 0.5)) as data, pytest.raises(DataCut) as cut:
        deque(iter(data.receive, b""))
    assert isinstance(cut.value.__cause__, TimeoutError)


def test_a_server_that_is_down_refuses_the_connection(ftp_end: FtpEnd) -> None:
    ftp_end.stop()
    with pytest.raises(ConnectionRefused), open_ftp(ftp_end.method(), GATE, PATIENCE):
        pytest.fail("the session must not open")


def test_a_second_answer_that_nobody_asked_for_is_not_taken_for_the_next_ones(ftp_end: FtpEnd) -> None:
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        ftp_end.behaviour.answers = {"DELE": "250 done\r\n226 and done again"}
        carrier.remove(["a"])
        ftp_end.behaviour.answers = {}
        assert carrier.write([upload("a", b"xyz")]) == [Arrived(size_bytes=3)]


def test_a_server_that_goes_on_answering_what_nobody_asked_is_left(ftp_end: FtpEnd) -> None:
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        ftp_end.behaviour.answers = {"DELE": "250 done" + "\r\n226 and done again" * 100}
        with pytest.raises(NotAnFtpServer):
            carrier.remove(["a", "b"])
