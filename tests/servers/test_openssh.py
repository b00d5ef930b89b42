"""The SFTP gateway against OpenSSH's sshd, whose files `sha256sum` judges."""

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.delivery.application.far_ends import Arrived
from services.delivery.domain.failures import ConnectionLost, DiskFull, FolderMissing, HostKeyUnknown, NoPermission
from services.delivery.domain.file_failures import AlreadyThere, RefusedByServer, TemporaryMissing
from services.delivery.gateways.sftp.carrier import SftpCarrier
from services.delivery.gateways.sftp.source import open_sftp_source
from tests.delivery.conftest import GATE, PATIENCE
from tests.delivery.cutting_proxy import CuttingProxy
from tests.delivery.gateways.sftp.sending import carrier_of, upload
from tests.servers.openssh import SshServer


@pytest.fixture
def make_sshd() -> Iterator[Callable[..., SshServer]]:
    servers: list[SshServer] = []

    def make(**how: object) -> SshServer:
        servers.append(SshServer(**how))  # type: ignore[arg-type]  # as the server takes them
        servers[-1].start()
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def sshd(make_sshd: Callable[..., SshServer]) -> SshServer:
    return make_sshd()


def sums(folder: Path) -> dict[str, str]:
    """What another program says of the files there."""
    names = sorted(path.name for path in folder.iterdir())
    told = subprocess.run(["/usr/bin/sha256sum", *names], cwd=folder, check=True, capture_output=True, text=True)
    return {line[66:]: line[:64] for line in told.stdout.splitlines()}


def hashed(contents: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


@pytest.mark.parametrize(
    "settings", [(), ("MaxSessions 1",), ("RekeyLimit 2M",), ("Compression no", "Ciphers aes256-ctr")]
)
def test_files_of_all_lengths_arrive_whole(make_sshd: Callable[..., SshServer], settings: tuple[str, ...]) -> None:
    sshd = make_sshd(settings=settings)
    contents = {f"{number}.csv": os.urandom(number * 997) for number in range(200)}
    contents["big.bin"] = os.urandom(48 << 20)  # big enough for a second channel, where one is allowed
    with carrier_of(sshd.method()) as carrier:
        written = carrier.write([upload(f"{name}.part", content) for name, content in contents.items()])
        assert written == [Arrived(size_bytes=len(content)) for content in contents.values()]
        renamed = carrier.rename([(f"{name}.part", name) for name in contents], replace=True)
        assert renamed == [None] * len(contents)
    assert sums(sshd.root) == hashed(contents)


@pytest.mark.parametrize("sftp", ["", "-P posix-rename", "-P posix-rename,fsync,limits,statvfs"])
def test_every_habit_of_renaming_ends_in_one_whole_file(make_sshd: Callable[..., SshServer], sftp: str) -> None:
    sshd = make_sshd(sftp=sftp)
    (sshd.root / "a").write_bytes(b"yesterday")
    with carrier_of(sshd.method()) as carrier:
        assert isinstance(carrier, SftpCarrier)
        carrier.write([upload("a.part", b"today"), upload("b.part", b"b")])
        (taken,) = carrier.rename([("a.part", "a")], replace=False)
        assert isinstance(taken, AlreadyThere)
        assert carrier.rename([("a.part", "a"), ("b.part", "b")], replace=True) == [None, None]
        for replace in (True, False):
            (gone,) = carrier.rename([("a.part", "a")], replace=replace)
            assert isinstance(gone, TemporaryMissing)
    assert sums(sshd.root) == hashed({"a": b"today", "b": b"b"})


def test_a_server_that_allows_no_renaming_refuses_and_keeps_both(make_sshd: Callable[..., SshServer]) -> None:
    sshd = make_sshd(sftp="-P posix-rename,rename")
    with carrier_of(sshd.method()) as carrier:
        carrier.write([upload("a.part", b"x")])
        (refused,) = carrier.rename([("a.part", "a")], replace=True)
    assert isinstance(refused, RefusedByServer)
    assert sums(sshd.root) == hashed({"a.part": b"x"})


def test_a_drop_box_takes_files_that_nobody_may_list(make_sshd: Callable[..., SshServer]) -> None:
    sshd = make_sshd(sftp="-P stat,lstat,fstat,opendir,remove")
    with carrier_of(sshd.method()) as carrier:
        assert carrier.write([upload("a.part", b"x")]) == [Arrived(size_bytes=None)]
        assert carrier.sizes(["a.part"]) == {}
        assert carrier.rename([("a.part", "a")], replace=True) == [None]
    assert sums(sshd.root) == hashed({"a": b"x"})


def test_folders_are_made_and_missing_ones_named(sshd: SshServer) -> None:
    with carrier_of(sshd.method(folder="in/box")) as carrier:
        with pytest.raises(FolderMissing):
            carrier.write([upload("a", b"x")])
        assert carrier.prepare(make=True)
        assert carrier.write([upload("a", b"x")]) == [Arrived(size_bytes=1)]


def test_a_folder_that_may_only_be_looked_at_is_named(sshd: SshServer) -> None:
    sshd.make_folder("closed", 0o555)
    with carrier_of(sshd.method(folder="closed")) as carrier, pytest.raises(NoPermission, match="Permission denied"):
        carrier.write([upload("a", b"x")])


def test_a_folder_that_may_only_be_written_to_is_enough(sshd: SshServer) -> None:
    folder = sshd.make_folder("blind", 0o333)
    with carrier_of(sshd.method(folder="blind")) as carrier:
        assert carrier.write([upload("a.part", b"x")]) == [Arrived(size_bytes=1)]
        assert carrier.rename([("a.part", "a")], replace=True) == [None]
    assert (folder / "a").read_bytes() == b"x"


def test_a_device_without_room_is_never_taken_for_a_delivery(sshd: SshServer) -> None:
    (sshd.root / "a.part").symlink_to("/dev/full")
    with carrier_of(sshd.method()) as carrier:
        outcome, other = carrier.write([upload("a.part", b"x" * 1_000_000), upload("b.part", b"b")])
    assert isinstance(outcome, RefusedByServer)
    assert other == Arrived(size_bytes=1)
    assert sums(sshd.root) == hashed({"b.part": b"b"})


def test_a_full_disk_is_named_although_the_server_has_one_word_for_all_failures(sshd: SshServer) -> None:
    with (
        sshd.full_disk() as folder,
        carrier_of(sshd.method(folder=folder)) as carrier,
        pytest.raises(DiskFull, match="Failure"),
    ):
        carrier.write([upload("1", b"x" * 1_000_000)])


def test_a_broken_line_is_mended_by_the_next_try(sshd: SshServer) -> None:
    content = os.urandom(40 << 20)
    told: list[int] = []
    with (
        CuttingProxy(sshd.port, cut_after=38 << 20) as proxy,
        carrier_of(sshd.method(port=proxy.port)) as carrier,
        pytest.raises(ConnectionLost),
    ):
        carrier.write([upload("a.part", content, written=told.append)])
    assert told
    with carrier_of(sshd.method()) as carrier:
        assert carrier.sizes(["a.part"])["a.part"] >= told[-1]
        assert carrier.write([upload("a.part", content, start=told[-1])]) == [Arrived(size_bytes=len(content))]
    assert sums(sshd.root) == hashed({"a.part": content})


@pytest.mark.parametrize("key_type", ["rsa", "ecdsa", "ed25519"])
def test_every_kind_of_host_key_is_shown_and_can_be_approved(
    make_sshd: Callable[..., SshServer], key_type: str
) -> None:
    sshd = make_sshd(key_type=key_type)
    with pytest.raises(HostKeyUnknown) as caught, carrier_of(sshd.method(host_key=None)):
        pytest.fail("the session must not open")
    told = subprocess.run(
        ["/usr/bin/ssh-keygen", "-lf", f"{sshd.host_key}.pub"], check=True, capture_output=True, text=True
    )
    assert caught.value.fingerprint in told.stdout
    with carrier_of(sshd.method(host_key=caught.value.host_key)) as carrier:
        carrier.check(make=True)


def test_files_are_fetched_archived_and_deleted(sshd: SshServer) -> None:
    contents = {"a.csv": os.urandom(3 << 20), "b.csv": b""}
    folder = sshd.make_folder("out", 0o755)
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    (folder / "link").symlink_to("a.csv")
    with open_sftp_source(sshd.method(folder="out"), GATE, PATIENCE) as source:
        offered = source.offered()
        assert {one.name: b"".join(source.read(one)) for one in offered} == contents
        source.archive("a.csv", "done")
        source.delete("b.csv")
        assert source.offered() == []
    assert sums(folder / "done") == hashed({"a.csv": contents["a.csv"]})
