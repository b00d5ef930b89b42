"""Files of an FTP server get their names, or go."""

from collections.abc import Callable

import pytest

from services.delivery.domain.failures import (
    CannotRename,
    ConnectionLost,
    NoPermission,
)
from services.delivery.domain.file_failures import (
    AlreadyThere,
    RefusedByServer,
    TemporaryMissing,
)
from services.delivery.gateways.ftp.carrier import open_ftp
from tests.delivery.conftest import GATE, PATIENCE
from tests.delivery.ftp_end import FtpEnd
from tests.delivery.gateways.ftp.sending import rename, upload

OpenEnd = Callable[..., FtpEnd]


def test_a_rename_replaces_what_bears_the_name(ftp_end: FtpEnd) -> None:
    (ftp_end.root / "a.csv").write_bytes(b"yesterday")
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        carrier.write([upload("a.part", b"today")])
        assert rename(carrier, "a.part", "a.csv") is None
        assert isinstance(rename(carrier, "a.part", "a.csv"), TemporaryMissing)
        assert carrier.sizes(["a.csv", "a.part"]) == {"a.csv": 5}
    assert ftp_end.files() == {"a.csv": b"today"}


def test_where_the_server_cannot_replace_the_target_is_removed_first(ftp_end: FtpEnd) -> None:
    ftp_end.behaviour.keeps_targets = True
    (ftp_end.root / "a.csv").write_bytes(b"yesterday")
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        carrier.write([upload("a.part", b"today")])
        assert rename(carrier, "a.part", "a.csv") is None
    assert ftp_end.files() == {"a.csv": b"today"}


def test_a_repeated_rename_never_removes_what_was_delivered(ftp_end: FtpEnd) -> None:
    ftp_end.behaviour.keeps_targets = True
    (ftp_end.root / "a.csv").write_bytes(b"delivered")
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        assert isinstance(rename(carrier, "a.part", "a.csv"), TemporaryMissing)
    assert ftp_end.files() == {"a.csv": b"delivered"}


def test_a_rename_that_is_forbidden_removes_nothing(ftp_end: FtpEnd) -> None:
    ftp_end.behaviour.answers = {"RNTO": "550 Permission denied."}
    (ftp_end.root / "a.csv").write_bytes(b"theirs")
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        carrier.write([upload("a.part", b"x")])
        assert isinstance(rename(carrier, "a.part", "a.csv"), RefusedByServer)
    assert ftp_end.files()["a.csv"] == b"theirs"


@pytest.mark.parametrize("keeps", [False, True])
def test_what_must_not_be_replaced_is_not(ftp_end: FtpEnd, keeps: bool) -> None:
    ftp_end.behaviour.keeps_targets = keeps
    (ftp_end.root / "a.csv").write_bytes(b"yesterday")
    (ftp_end.root / "folder").mkdir()
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        carrier.write([upload("a.part", b"today")])
        assert isinstance(rename(carrier, "a.part", "a.csv", replace=False), AlreadyThere)
        assert isinstance(rename(carrier, "a.part", "folder", replace=False), AlreadyThere)
        assert isinstance(rename(carrier, "b.part", "a.csv", replace=False), TemporaryMissing)
        assert rename(carrier, "a.part", "a (2).csv", replace=False) is None
    assert ftp_end.files() == {"a.csv": b"yesterday", "a (2).csv": b"today"}


@pytest.mark.parametrize("answer", ["500 RNFR not understood", "502 Not implemented", "550 Permission denied."])
def test_a_server_that_renames_nothing_is_told_as_one(ftp_end: FtpEnd, answer: str) -> None:
    ftp_end.behaviour.answers = {"RNFR": answer}
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier, pytest.raises(CannotRename):
        rename(carrier, "a.part", "a.csv")


def test_a_connection_that_drops_after_the_rename_is_resolved_by_the_next(ftp_end: FtpEnd) -> None:
    ftp_end.behaviour.drops_after = "RNTO"
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        carrier.write([upload("a.part", b"x")])
        with pytest.raises(ConnectionLost):
            rename(carrier, "a.part", "a.csv")
    ftp_end.behaviour.drops_after = ""
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        assert isinstance(rename(carrier, "a.part", "a.csv"), TemporaryMissing)
    assert ftp_end.files() == {"a.csv": b"x"}


@pytest.mark.parametrize("answer", ["450 The file is in use.", "550 It is being used by another process."])
def test_what_is_there_and_busy_is_not_taken_for_renamed(ftp_end: FtpEnd, answer: str) -> None:
    """A repeat believes that its file has arrived where the temporary is missing."""
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        carrier.write([upload("a.part", b"x")])
        ftp_end.behaviour.answers = {"RNFR": answer}
        assert isinstance(rename(carrier, "a.part", "a.csv"), RefusedByServer)
        assert isinstance(rename(carrier, "b.part", "a.csv"), TemporaryMissing)


def test_removing_what_is_missing_is_fine(ftp_end: FtpEnd) -> None:
    (ftp_end.root / "a").write_bytes(b"x")
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        carrier.remove(["b", "a", "c"])
    assert ftp_end.files() == {}


@pytest.mark.parametrize("permissions", ["elrafmw", "elramw"])
def test_what_may_not_be_removed_is_told(open_ftp_end: OpenEnd, permissions: str) -> None:
    end = open_ftp_end(permissions=permissions)
    (end.root / "a").write_bytes(b"x")
    with open_ftp(end.method(), GATE, PATIENCE) as carrier:
        carrier.remove(["b"])
        with pytest.raises(NoPermission):
            carrier.remove(["a"])
