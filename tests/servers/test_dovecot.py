"""The IMAP gateway against Dovecot. What arrived is read from its disk, with Python's own reader of messages."""

import base64
import hashlib
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from services.delivery.application.far_ends import Parcel
from services.delivery.domain.destinations import Security, Trust
from services.delivery.domain.failures import (
    CarryFailed,
    CertificateNotTrusted,
    ConnectionLost,
    DiskFull,
    FolderMissing,
    NotLoggedIn,
    TlsRefused,
)
from services.delivery.domain.logins import Login
from services.delivery.gateways.imap.post import open_imap
from services.delivery.gateways.imap.source import open_imap_source
from tests.delivery.conftest import GATE, PATIENCE
from tests.delivery.parcels import PRODUCED, parcel_of
from tests.servers.dovecot import Dovecot


def served(server: Dovecot) -> Iterator[Dovecot]:
    try:
        server.start()
        yield server
        assert "Panic" not in server.log()
    finally:
        server.stop()


@pytest.fixture(scope="module")
def slash() -> Iterator[Dovecot]:
    """Folders lie in folders, separated as we write them."""
    yield from served(Dovecot(separator="/"))


@pytest.fixture(scope="module")
def courier() -> Iterator[Dovecot]:
    """As Courier has it: everything lies in INBOX, separated by dots."""
    yield from served(Dovecot(separator=".", prefix="INBOX."))


@pytest.fixture(params=["slash", "courier"])
def dovecot(request: pytest.FixtureRequest) -> Dovecot:
    server: Dovecot = request.getfixturevalue(request.param)
    server.clear()
    return server


@pytest.fixture
def small() -> Iterator[Dovecot]:
    """An account that holds a megabyte, and two messages."""
    yield from served(Dovecot(separator="/", quota="storage=1M:messages=2"))


def send(server: Dovecot, folder: str, *parcels: Parcel) -> None:
    with open_imap(server.method(folder), GATE, PATIENCE) as post:
        for parcel in parcels:
            post.deliver(parcel)


def contents(server: Dovecot, folder: str = "") -> dict[str, bytes]:
    """Names and bytes of the attachments on the disk."""
    found: dict[str, bytes] = {}
    for message in server.messages(folder):
        name, content = attachment_of(message)
        assert name not in found, "it arrived twice"
        assert message["X-Backroom-SHA256"] == hashlib.sha256(content).hexdigest()
        found[name] = content
    return found


def attachment_of(message: EmailMessage) -> tuple[str, bytes]:
    assert not message.defects
    (attachment,) = message.iter_attachments()
    name, content = attachment.get_filename(), attachment.get_payload(decode=True)
    assert name is not None
    assert isinstance(content, bytes)
    return name, content


def failure(attempt: Callable[[], None]) -> CarryFailed:
    with pytest.raises(CarryFailed) as caught:
        attempt()
    return caught.value


@pytest.mark.parametrize(
    ("folder", "on_disk"),
    [
        ("", ""),
        ("Été & Co", ".&AMk-t&AOk- &- Co"),
        ("a/b/c", ".a.b.c"),
        ('"quoted"', '."quoted"'),
        ("back\\slash", ".back\\slash"),
        ("&", ".&-"),
        ("日本語/台北", ".&ZeVnLIqe-.&U,BTFw-"),
        ("100%/*", ".100%.*"),
    ],
)
def test_files_arrive_in_a_folder_of_any_name(dovecot: Dovecot, folder: str, on_disk: str) -> None:
    files = {"été.csv": b"a;b\r\n" * 5000, "日本語.bin": bytes(range(256)) * 100, "empty": b"", 'a "b".csv': b"x"}
    for _ in range(2):
        send(dovecot, folder, *(parcel_of(name, [content]) for name, content in files.items()))
        assert contents(dovecot, on_disk) == files
        dovecot.clear_messages(on_disk)
    if on_disk:
        assert on_disk in dovecot.folders()
        assert dovecot.is_subscribed(on_disk)


def test_a_message_is_unread_and_has_the_time_of_its_file(dovecot: Dovecot) -> None:
    send(dovecot, "", parcel_of("a.csv", [b"x"]))
    (path,) = dovecot.paths()
    assert path.parent.name == "new" or "S" not in path.name.rpartition(":2,")[2]
    assert datetime.fromtimestamp(path.stat().st_mtime, UTC) == PRODUCED


def test_a_repeat_is_found_and_what_is_torn_is_replaced(dovecot: Dovecot) -> None:
    parcel = parcel_of("a.csv", [b"x" * 100_000])
    again = replace(parcel, repeated=True)
    send(dovecot, "Ventes", parcel)
    send(dovecot, "Ventes", again, again)
    (path,) = dovecot.paths(".Ventes")
    path.unlink()
    dovecot.put(f"Message-ID: <{parcel.file.id}@backroom.invalid>\n\ntorn\n".encode(), ".Ventes")
    dovecot.put(b"Message-ID: <other@example.org>\n\ntheirs\n", ".Ventes")
    send(dovecot, "Ventes", again)
    theirs, ours = sorted(dovecot.messages(".Ventes"), key=lambda message: len(bytes(message)))
    assert theirs["Message-ID"] == "<other@example.org>"
    assert attachment_of(ours) == ("a.csv", b"x" * 100_000)


def test_verifying_leaves_nothing_but_the_folder(dovecot: Dovecot) -> None:
    with open_imap(dovecot.method("Ventes/2026"), GATE, PATIENCE) as post:
        post.check()
        assert dovecot.folders() == set()
        assert list(post.verify("probe.txt")) == []
        post.check()
    assert dovecot.messages(".Ventes.2026") == []


@pytest.mark.parametrize("folder", ["x" * 300, "a/" * 30 + "x" * 200])
def test_a_name_that_is_too_long_is_told(dovecot: Dovecot, folder: str) -> None:
    told = failure(lambda: send(dovecot, folder, parcel_of("a.csv", [b"x"])))
    assert isinstance(told, FolderMissing)


def test_a_level_that_holds_the_separator_is_told(courier: Dovecot) -> None:
    told = failure(lambda: send(courier, "ventes.2026", parcel_of("a.csv", [b"x"])))
    assert isinstance(told, FolderMissing)
    assert "separates levels" in str(told)


def test_a_full_account_is_told_and_holds_nothing_of_the_file(small: Dovecot) -> None:
    with open_imap(small.method("in"), GATE, PATIENCE) as post:
        post.deliver(parcel_of("small.csv", [b"x" * 1000]))
        with pytest.raises(DiskFull, match=r"(?i)quota"):
            post.deliver(parcel_of("large.csv", [b"x" * 65_536] * 40))
        post.check()
        post.deliver(parcel_of("again.csv", [b"y"]))
        with pytest.raises(DiskFull, match="MESSAGE 2/2"):
            post.check()
    assert contents(small, ".in") == {"small.csv": b"x" * 1000, "again.csv": b"y"}


def test_a_file_that_breaks_off_leaves_nothing(dovecot: Dovecot) -> None:
    def broken() -> Iterator[bytes]:
        yield b"x" * 500_000
        raise OSError("the spool's disk is broken")

    with open_imap(dovecot.method("in"), GATE, PATIENCE) as post:
        with pytest.raises(OSError, match="disk is broken"):
            post.deliver(replace(parcel_of("a.csv", [b"x" * 1_000_000]), chunks=broken))
        post.deliver(parcel_of("b.csv", [b"y"]))
    assert contents(dovecot, ".in") == {"b.csv": b"y"}


@pytest.mark.parametrize("security", list(Security))
def test_every_kind_of_protection_works(dovecot: Dovecot, security: Security) -> None:
    with open_imap(dovecot.method(security=security), GATE, PATIENCE) as post:
        post.deliver(parcel_of("a.csv", [b"x"]))
    assert contents(dovecot) == {"a.csv": b"x"}
    assert dovecot.last_login_was_under_tls() is (security is not Security.NONE)


@pytest.mark.parametrize("security", [Security.EXPLICIT, Security.IMPLICIT])
def test_a_certificate_that_nobody_vouches_for_is_told(dovecot: Dovecot, security: Security) -> None:
    method = dovecot.method(security=security, trust=Trust())
    with pytest.raises(CertificateNotTrusted), open_imap(method, GATE, PATIENCE):
        pytest.fail("the session must not open")
    with open_imap(replace(method, trust=Trust(unverified=True)), GATE, PATIENCE) as post:
        post.check()


def test_a_port_without_tls_and_one_with_are_told_apart(dovecot: Dovecot) -> None:
    crossed = replace(dovecot.method(), port=dovecot.port)
    with pytest.raises(TlsRefused), open_imap(crossed, GATE, PATIENCE):
        pytest.fail("the session must not open")


def test_a_wrong_password_is_told(dovecot: Dovecot) -> None:
    method = replace(dovecot.method(), login=Login(password="wrong"))
    with pytest.raises(NotLoggedIn, match="AUTHENTICATIONFAILED"), open_imap(method, GATE, PATIENCE):
        pytest.fail("the session must not open")


def test_what_others_have_marked_for_deletion_stays(dovecot: Dovecot) -> None:
    send(dovecot, "", parcel_of("a.csv", [b"x"]))
    dovecot.put(b"Message-ID: <theirs@example.org>\n\nmarked\n", flags="T")
    with open_imap(dovecot.method(), GATE, PATIENCE) as post:
        post.verify("probe.txt")
    with open_imap_source(dovecot.method(), GATE, PATIENCE) as source:
        (offered,) = source.offered()
        source.delete(offered.container)
    assert [message["Message-ID"] for message in dovecot.messages()] == ["<theirs@example.org>"]


def test_a_hundred_megabytes_pass_in_little_memory(slash: Dovecot) -> None:
    block = bytes(range(256)) * 4096
    count = 100
    digest = hashlib.sha256(block * count).hexdigest()
    parcel = parcel_of("large.bin", [], size_bytes=len(block) * count, sha256=digest)
    large = replace(parcel, chunks=lambda: iter([block] * count))
    tracemalloc.start()
    try:
        send(slash, "large", large)
        read = hashlib.sha256()
        with open_imap_source(slash.method("large"), GATE, PATIENCE) as source:
            (offered,) = source.offered()
            for chunk in source.read(offered):
                read.update(chunk)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read.hexdigest() == digest
    assert peak < 16 << 20
    (path,) = slash.paths(".large")
    _, _, encoded = path.read_bytes().split(b"\n\n")[:3]
    assert hashlib.sha256(base64.b64decode(encoded.partition(b"\n--")[0])).hexdigest() == digest


def test_a_server_that_dies_in_the_middle_has_nothing_and_gets_it_the_next_time() -> None:
    server = Dovecot(separator="/")
    parcel = parcel_of("a.bin", [b"x" * 65_536] * 400)

    def killing() -> Iterator[bytes]:
        for number, chunk in enumerate(parcel.chunks()):
            if number == 200:
                server.kill()
            yield chunk

    try:
        server.start()
        told = failure(lambda: send(server, "in", replace(parcel, chunks=killing)))
        assert isinstance(told, ConnectionLost)
        server.start()
        assert server.messages(".in") == []
        send(server, "in", replace(parcel, repeated=True))
        assert contents(server, ".in") == {"a.bin": b"x" * 65_536 * 400}
    finally:
        server.stop()
