"""The SFTP gateway against a real server of another make."""

import asyncssh
import pytest
from asyncssh import sftp as asyncssh_sftp

from services.delivery.application.ports import TemporaryMissing
from services.delivery.domain.failures import (
    CarryFailed,
    ConnectionRefused,
    DiskFull,
    FolderMissing,
    HostKeyChanged,
    HostNotAllowed,
    KeyMissing,
    KeyRefused,
    NotLoggedIn,
    RefusedByServer,
    UnknownHost,
)
from services.delivery.gateways.sftp import open_sftp
from tests.delivery.conftest import GATE, PATIENCE
from tests.delivery.far_end import FarEnd

MEGABYTES = [bytes([number]) * (1 << 20) for number in range(5)]


def send(end: FarEnd, name: str, chunks: list[bytes]) -> int:
    with open_sftp(end.method(), GATE, PATIENCE) as carrier:
        return carrier.write(name, chunks, sum(map(len, chunks)))


def test_a_file_arrives_byte_for_byte(far_end: FarEnd) -> None:
    assert send(far_end, "été.csv", [*MEGABYTES, b"tail"]) == 5 * (1 << 20) + 4
    assert far_end.files() == {"été.csv": b"".join(MEGABYTES) + b"tail"}


def test_an_empty_file_arrives_empty(far_end: FarEnd) -> None:
    assert send(far_end, "empty", []) == 0
    assert far_end.files() == {"empty": b""}


@pytest.mark.parametrize("number", [1, 2, 77, 160])
def test_whichever_write_fails_the_file_fails_and_nothing_of_it_stays(far_end: FarEnd, number: int) -> None:
    far_end.behaviour.fail_write = number
    with pytest.raises(RefusedByServer, match="the disk says no"):
        send(far_end, "a.csv", MEGABYTES)
    assert far_end.files() == {}


def test_after_a_failed_file_the_same_session_sends_the_next(far_end: FarEnd) -> None:
    far_end.behaviour.fail_write = 3
    with open_sftp(far_end.method(), GATE, PATIENCE) as carrier:
        with pytest.raises(RefusedByServer):
            carrier.write("a.csv", MEGABYTES, 5 << 20)
        assert carrier.write("b.csv", MEGABYTES[:1], 1 << 20) == 1 << 20
    assert far_end.files() == {"b.csv": MEGABYTES[0]}


def test_a_full_disk_is_named(far_end: FarEnd) -> None:
    far_end.behaviour.fail_write = 9
    far_end.behaviour.failure = lambda: asyncssh.SFTPFailure("No space left on device")
    with pytest.raises(DiskFull):
        send(far_end, "a.csv", MEGABYTES)
    assert far_end.files() == {}


def test_a_rename_replaces_what_bears_the_name(far_end: FarEnd) -> None:
    (far_end.root / "a.csv").write_bytes(b"yesterday")
    with open_sftp(far_end.method(), GATE, PATIENCE) as carrier:
        carrier.write("a.part", [b"today"], 5)
        carrier.rename("a.part", "a.csv")
        with pytest.raises(TemporaryMissing):
            carrier.rename("a.part", "a.csv")
        assert (carrier.size("a.csv"), carrier.size("b.csv")) == (5, None)
    assert far_end.files() == {"a.csv": b"today"}


@pytest.fixture
def without_posix_rename(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server no longer names the extension, as many do not."""
    kept = [pair for pair in asyncssh_sftp.SFTPServerHandler._extensions if not pair[0].startswith(b"posix-rename")]
    monkeypatch.setattr(asyncssh_sftp.SFTPServerHandler, "_extensions", kept)


@pytest.mark.usefixtures("without_posix_rename")
def test_where_the_server_cannot_replace_the_target_is_removed_first(far_end: FarEnd) -> None:
    (far_end.root / "a.csv").write_bytes(b"yesterday")
    with open_sftp(far_end.method(), GATE, PATIENCE) as carrier:
        carrier.write("a.part", [b"today"], 5)
        carrier.rename("a.part", "a.csv")
    assert far_end.files() == {"a.csv": b"today"}


@pytest.mark.usefixtures("without_posix_rename")
def test_a_repeated_rename_never_removes_what_was_delivered(far_end: FarEnd) -> None:
    (far_end.root / "a.csv").write_bytes(b"delivered")
    with open_sftp(far_end.method(), GATE, PATIENCE) as carrier, pytest.raises(TemporaryMissing):
        carrier.rename("a.part", "a.csv")
    assert far_end.files() == {"a.csv": b"delivered"}


def test_a_folder_is_made_part_by_part(far_end: FarEnd) -> None:
    with open_sftp(far_end.method(folder="in/box"), GATE, PATIENCE) as carrier:
        carrier.check()
        assert far_end.files() == {}
        assert not (far_end.root / "in").exists()
        assert carrier.prepare() is True
        assert carrier.prepare() is False
        carrier.write("a.csv", [b"x"], 1)
    assert far_end.files() == {"in/box/a.csv": b"x"}


def test_a_file_in_the_folders_place_is_named(far_end: FarEnd) -> None:
    (far_end.root / "in").write_bytes(b"")
    with open_sftp(far_end.method(folder="in"), GATE, PATIENCE) as carrier, pytest.raises(FolderMissing):
        carrier.check()


def test_a_directory_that_bears_the_files_name_is_refused(far_end: FarEnd) -> None:
    (far_end.root / "a.csv").mkdir()
    with open_sftp(far_end.method(), GATE, PATIENCE) as carrier:
        carrier.write("a.part", [b"x"], 1)
        with pytest.raises(CarryFailed):
            carrier.rename("a.part", "a.csv")
        assert carrier.size("a.csv") == -1


def test_a_pinned_key_may_be_given_as_its_line(far_end: FarEnd) -> None:
    with open_sftp(far_end.method(host_key=f"host.example {far_end.host_key_line()}"), GATE, PATIENCE) as carrier:
        carrier.check()


def test_another_host_key_ends_the_connection_before_any_login(far_end: FarEnd) -> None:
    method = far_end.method(host_key="SHA256:" + "A" * 43, password="never sent")
    with pytest.raises(HostKeyChanged) as caught, open_sftp(method, GATE, PATIENCE):
        pytest.fail("the session must not open")
    assert caught.value.fingerprint == far_end.fingerprint()


def test_a_fingerprint_of_a_weaker_key_the_server_also_has_is_found(tmp_path_factory: pytest.TempPathFactory) -> None:
    end = FarEnd(tmp_path_factory.mktemp("far"), host_key_types=("ssh-ed25519", "ssh-rsa"))
    end.start()
    try:
        with open_sftp(end.method(host_key=end.fingerprint(1)), GATE, PATIENCE) as carrier:
            carrier.check()
    finally:
        end.close()


def test_a_wrong_password_is_not_logged_in(far_end: FarEnd) -> None:
    with pytest.raises(NotLoggedIn), open_sftp(far_end.method(password="wrong"), GATE, PATIENCE):
        pytest.fail("the session must not open")


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"])
@pytest.mark.parametrize("form", ["openssh", "pkcs8-pem", "pkcs1-pem"])
def test_keys_of_every_kind_and_form_log_in(tmp_path_factory: pytest.TempPathFactory, kind: str, form: str) -> None:
    if kind == "ssh-ed25519" and form == "pkcs1-pem":
        form = "pkcs8-pem"  # Ed25519 has no older form
    key = asyncssh.generate_private_key(kind)
    end = FarEnd(tmp_path_factory.mktemp("far"), password=None, authorized=[key.export_public_key().decode()])
    end.start()
    try:
        text = key.export_private_key(form, passphrase="phrase").decode()
        method = end.method(password="privkey://:phrase", private_key=text)
        with open_sftp(method, GATE, PATIENCE) as carrier:
            assert carrier.write("a", [b"x"], 1) == 1
    finally:
        end.close()


def test_a_key_the_server_does_not_know_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    known, ours = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    end = FarEnd(tmp_path_factory.mktemp("far"), password=None, authorized=[known.export_public_key().decode()])
    end.start()
    try:
        method = end.method(password="privkey://", private_key=ours.export_private_key().decode())
        with pytest.raises(KeyRefused, match="Permission denied"), open_sftp(method, GATE, PATIENCE):
            pytest.fail("the session must not open")
    finally:
        end.close()


def test_a_password_that_asks_for_a_missing_key_says_so(far_end: FarEnd) -> None:
    with pytest.raises(KeyMissing), open_sftp(far_end.method(password="privkey://"), GATE, PATIENCE):
        pytest.fail("the session must not open")


def test_a_server_that_is_down_refuses_the_connection(far_end: FarEnd) -> None:
    far_end.stop()
    with pytest.raises(ConnectionRefused), open_sftp(far_end.method(), GATE, PATIENCE):
        pytest.fail("the session must not open")


def test_a_server_that_dies_in_the_middle_is_told_as_a_lost_connection(far_end: FarEnd) -> None:
    def chunks() -> list[bytes]:
        return MEGABYTES

    with open_sftp(far_end.method(), GATE, PATIENCE) as carrier:
        carrier.check()
        far_end.stop()
        with pytest.raises(CarryFailed) as caught:
            carrier.write("a.csv", chunks(), 5 << 20)
    assert caught.value.reason in {"CONNECTION_LOST", "TIMED_OUT"}


def test_hosts_are_looked_up_and_checked_before_they_are_called() -> None:
    with pytest.raises(UnknownHost):
        GATE.connect("no-such-host.invalid", 22)
    with pytest.raises(HostNotAllowed):
        GATE.connect("169.254.169.254", 80)
    # The same address in the clothes of IPv6: mapped, translated (NAT64), tunnelled (6to4).
    for disguised in ("::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::1"):
        with pytest.raises(HostNotAllowed):
            GATE.connect(disguised, 80)
