"""The FTP gateway against a real server of another make, in clear."""

import hashlib
import tracemalloc
from collections.abc import Callable
from dataclasses import replace

import pytest

from services.delivery.application.far_ends import Arrived
from services.delivery.domain.failures import (
    FolderMissing,
    NoPermission,
    NotLoggedIn,
)
from services.delivery.domain.file_failures import (
    RefusedByServer,
)
from services.delivery.domain.logins import Login
from services.delivery.gateways.ftp.carrier import open_ftp
from tests.delivery.conftest import GATE, PATIENCE
from tests.delivery.ftp_end import PASSWORD, USER, FtpEnd
from tests.delivery.gateways.ftp.sending import MEGABYTES, rename, send, upload

OpenEnd = Callable[..., FtpEnd]


def test_a_file_arrives_byte_for_byte(ftp_end: FtpEnd) -> None:
    assert send(ftp_end, "été.csv", *MEGABYTES, b"tail") == Arrived(size_bytes=(5 << 20) + 4)
    assert ftp_end.files() == {"été.csv": b"".join(MEGABYTES) + b"tail"}


def test_an_empty_file_arrives_empty(ftp_end: FtpEnd) -> None:
    assert send(ftp_end, "empty") == Arrived(size_bytes=0)
    assert ftp_end.files() == {"empty": b""}


@pytest.mark.parametrize(
    "name",
    [
        "two  words .csv",
        "l'été & Cie.csv",
        "-l",
        "--help",
        "日本.csv",
        " begins.csv",
        "a;b,c",
        "*?[a]{b,c}",
        "100%41%s",
        "~root",
    ],
)
def test_names_reach_the_server_as_they_are(ftp_end: FtpEnd, name: str) -> None:
    with open_ftp(ftp_end.method(folder="l'an 2026"), GATE, PATIENCE) as carrier:
        carrier.prepare(make=True)
        carrier.write([upload("part", b"x")])
        assert rename(carrier, "part", name) is None
        assert carrier.sizes([name, "part"]) == {name: 1}
    assert ftp_end.files() == {f"l'an 2026/{name}": b"x"}


def test_a_name_with_control_characters_never_reaches_the_server(ftp_end: FtpEnd) -> None:
    assert isinstance(send(ftp_end, "a\r\nDELE b", b"x"), RefusedByServer)
    assert not any("DELE" in line for line in ftp_end.behaviour.commands)
    assert ftp_end.files() == {}


@pytest.mark.parametrize("sign", ["\r\n", "\n", "\0", "\x7f"])
def test_a_login_with_control_characters_never_reaches_the_server(ftp_end: FtpEnd, sign: str) -> None:
    method = ftp_end.method()
    user = replace(method, user_name=f"{USER}{sign}DELE b")
    password = replace(method, login=Login(password=f"{PASSWORD}{sign}DELE b"))
    for each in (user, password):
        with pytest.raises(NotLoggedIn, match="control characters"), open_ftp(each, GATE, PATIENCE):
            pytest.fail("the session must not open")
    with (
        pytest.raises((NoPermission, RefusedByServer)),
        open_ftp(replace(method, folder=f"in{sign}DELE b"), GATE, PATIENCE) as carrier,
    ):
        carrier.prepare(make=True)
    assert {"USER", "DELE"} & set(ftp_end.verbs()) == {"USER"}
    assert f"USER {USER}" in ftp_end.behaviour.commands


def test_a_password_that_the_server_says_back_is_not_told_on(ftp_end: FtpEnd) -> None:
    ftp_end.behaviour.answers = {"PASS": f"501 PASS {PASSWORD}: not understood"}
    with pytest.raises(NotLoggedIn, match="not understood") as refused, open_ftp(ftp_end.method(), GATE, PATIENCE):
        pytest.fail("the session must not open")
    assert PASSWORD not in str(refused.value)


def test_active_mode_carries_files_as_well(ftp_end: FtpEnd) -> None:
    with open_ftp(ftp_end.method(active=True), GATE, PATIENCE) as carrier:
        results = carrier.write([upload("a", *MEGABYTES), upload("b", b"x")])
    assert results == [Arrived(size_bytes=5 << 20), Arrived(size_bytes=1)]
    assert "PORT" in ftp_end.verbs()
    assert "PASV" not in ftp_end.verbs()


@pytest.mark.parametrize("active", [False, True])
def test_ipv6_has_its_own_commands(open_ftp_end: OpenEnd, active: bool) -> None:
    end = open_ftp_end(version6=True)
    with open_ftp(end.method(active=active), GATE, PATIENCE) as carrier:
        assert carrier.write([upload("a", b"x")]) == [Arrived(size_bytes=1)]
    assert ("EPRT" if active else "EPSV") in end.verbs()


def test_the_address_that_a_server_names_for_data_is_not_believed(open_ftp_end: OpenEnd) -> None:
    end = open_ftp_end(lies_about_its_address=True)
    assert send(end, "a", b"x") == Arrived(size_bytes=1)


def test_a_server_without_pasv_is_asked_for_its_extended_form(open_ftp_end: OpenEnd) -> None:
    end = open_ftp_end(without=["PASV"])
    assert send(end, "a", b"x") == Arrived(size_bytes=1)


def test_a_folder_is_made_part_by_part(ftp_end: FtpEnd) -> None:
    with open_ftp(ftp_end.method(folder="in/box"), GATE, PATIENCE) as carrier:
        carrier.check(make=True)
        assert not (ftp_end.root / "in").exists()
        assert carrier.prepare(make=True) is True
        assert carrier.prepare(make=True) is False
        carrier.write([upload("a.csv", b"x")])
    with open_ftp(ftp_end.method(folder="/in/other"), GATE, PATIENCE) as carrier:
        assert carrier.prepare(make=True) is True
    assert ftp_end.files() == {"in/box/a.csv": b"x"}
    assert (ftp_end.root / "in" / "other").is_dir()


def test_a_folder_that_must_be_there_is_not_made(ftp_end: FtpEnd) -> None:
    with open_ftp(ftp_end.method(folder="in/box"), GATE, PATIENCE) as carrier:
        with pytest.raises(FolderMissing) as missing:
            carrier.prepare(make=False)
        assert missing.value.facts["folder"] == "in/box"
        with pytest.raises(FolderMissing):
            carrier.check(make=False)
        assert not (ftp_end.root / "in").exists()
        (ftp_end.root / "in" / "box").mkdir(parents=True)
        carrier.check(make=False)


def test_a_file_in_the_folders_place_is_named(ftp_end: FtpEnd) -> None:
    (ftp_end.root / "in").write_bytes(b"")
    with open_ftp(ftp_end.method(folder="in"), GATE, PATIENCE) as carrier:
        with pytest.raises(FolderMissing):
            carrier.check(make=True)
        with pytest.raises(FolderMissing):
            carrier.prepare(make=True)


def test_who_may_not_make_folders_is_told_so(open_ftp_end: OpenEnd) -> None:
    end = open_ftp_end(permissions="elradfw")
    with open_ftp(end.method(folder="in"), GATE, PATIENCE) as carrier, pytest.raises(NoPermission, match="privileges"):
        carrier.prepare(make=True)


def test_a_wrong_password_is_not_logged_in(ftp_end: FtpEnd) -> None:
    with pytest.raises(NotLoggedIn) as refused, open_ftp(ftp_end.method(password="wrong"), GATE, PATIENCE):
        pytest.fail("the session must not open")
    assert refused.value.facts["user_name"] == USER
    assert refused.value.facts["answer"].startswith("(530)")
    assert "wrong" not in str(refused.value)


def test_the_seeds_refusal_is_told_in_the_servers_words(ftp_end: FtpEnd) -> None:
    ftp_end.behaviour.answers = {"PASS": "530 Non connecté"}
    with pytest.raises(NotLoggedIn) as refused, open_ftp(ftp_end.method(), GATE, PATIENCE):
        pytest.fail("the session must not open")
    assert refused.value.facts["answer"] == "(530) Non connecté"


def test_a_server_that_cannot_tell_lengths_tells_none(open_ftp_end: OpenEnd) -> None:
    end = open_ftp_end(without=["SIZE", "MLST", "MLSD"])
    with open_ftp(end.method(), GATE, PATIENCE) as carrier:
        assert carrier.resumes is False
        assert carrier.write([upload("a", b"x")]) == [Arrived(size_bytes=None)]
        assert carrier.sizes(["a", "b"]) == {"a": -1}


def test_lengths_are_also_told_by_mlst(open_ftp_end: OpenEnd) -> None:
    end = open_ftp_end(without=["SIZE"])
    (end.root / "folder").mkdir()
    with open_ftp(end.method(), GATE, PATIENCE) as carrier:
        assert carrier.write([upload("a", b"xyz")]) == [Arrived(size_bytes=3)]
        assert carrier.sizes(["a", "b", "folder"]) == {"a": 3, "folder": -1}


@pytest.mark.parametrize("command", ["HASH", "XSHA256"])
def test_a_server_that_calculates_hashes_is_asked(open_ftp_end: OpenEnd, command: str) -> None:
    end = open_ftp_end(hashes=command)
    name = f"{'0' * 64} a.csv"
    assert send(end, name, b"xyz") == Arrived(size_bytes=3, sha256=hashlib.sha256(b"xyz").hexdigest())


def test_a_thousand_small_files_pass_over_one_connection(ftp_end: FtpEnd) -> None:
    names = [f"{number:04}.csv" for number in range(1000)]
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        results = carrier.write([upload(f"{name}.part", name.encode()) for name in names])
        assert set(carrier.rename([(f"{name}.part", name) for name in names], replace=True)) == {None}
    assert results == [Arrived(size_bytes=8)] * 1000
    assert ftp_end.files() == {name: name.encode() for name in names}
    assert ftp_end.behaviour.logins == 1


def test_a_large_file_passes_in_bounded_memory(ftp_end: FtpEnd) -> None:
    piece = bytes(1 << 20)
    tracemalloc.start()
    try:
        with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
            results = carrier.write([upload("a", chunks=(piece for _ in range(200)), size_bytes=200 << 20)])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert results == [Arrived(size_bytes=200 << 20)]
    assert peak < 8 << 20
