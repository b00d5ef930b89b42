"""FTPS against vsftpd, which wants the session of the control connection again and a good-bye before the end."""

import ftplib
import hashlib
import io
import ssl
from collections.abc import Callable, Iterator

import pytest

from chassis.embedded.server import HOST
from services.delivery.application.far_ends import Arrived, Upload
from services.delivery.domain.destinations import Trust
from services.delivery.domain.failures import (
    CertificateNotTrusted,
    FileFailed,
    FolderMissing,
    NoPermission,
    NotLoggedIn,
)
from services.delivery.domain.file_failures import AlreadyThere, RefusedByServer, TemporaryMissing
from services.delivery.gateways.ftp.carrier import open_ftp
from services.delivery.gateways.ftp.source import open_ftp_source
from services.delivery.gateways.network import Gate, Patience
from tests.servers.vsftpd import PASSWORD, USER, VsftpdServer

GATE = Gate(denied=[], connect_timeout=5)
PATIENCE = Patience(greeting=10, login=10, answer=10)
CONTENT = bytes(range(256)) * 4096


@pytest.fixture(scope="module")
def start() -> Iterator[Callable[..., VsftpdServer]]:
    """Each kind of server is started once."""
    started: dict[str, VsftpdServer] = {}

    def of_kind(**how: str) -> VsftpdServer:
        kind = repr(sorted(how.items()))
        if kind not in started:
            started[kind] = VsftpdServer(**how)
            started[kind].start()
        return started[kind]

    yield of_kind
    for server in started.values():
        server.stop()


@pytest.fixture
def vsftpd(start: Callable[..., VsftpdServer]) -> VsftpdServer:
    return start()


def upload(name: str, content: bytes = CONTENT) -> Upload:
    return Upload(name=name, size_bytes=len(content), chunks=[content])


@pytest.mark.parametrize(
    ("folder", "active", "how"),
    [
        ("explicit-1.3", False, {}),
        ("explicit-1.2", False, {"most_tls": "TLSv1.2"}),
        ("implicit-1.3", False, {"implicit_ssl": "YES"}),
        ("active-1.3", True, {}),
        ("active-1.2", True, {"most_tls": "TLSv1.2"}),
    ],
)
def test_a_batch_arrives_whole_over_one_control_connection(
    start: Callable[..., VsftpdServer], folder: str, active: bool, how: dict[str, str]
) -> None:
    server = start(**how)
    names = [f"l'été {number}.csv" for number in range(20)]
    with open_ftp(server.method(folder=f"in/{folder}/-box", active=active), GATE, PATIENCE) as carrier:
        assert carrier.prepare(make=True) is True
        results = carrier.write([upload(f"{name}.part") for name in names])
        assert results == [Arrived(size_bytes=len(CONTENT))] * len(names)
        assert set(carrier.rename([(f"{name}.part", name) for name in names], replace=True)) == {None}
    there = {path: content for path, content in server.files().items() if path.startswith(f"{folder}/")}
    assert there == {f"{folder}/-box/{name}": CONTENT for name in names}


@pytest.mark.parametrize("version", ["TLSv1.3", "TLSv1.2"])
def test_the_server_refuses_who_does_not_reuse_the_session(start: Callable[..., VsftpdServer], version: str) -> None:
    """Else the test above would prove nothing."""
    server = start() if version == "TLSv1.3" else start(most_tls=version)
    context = ssl.create_default_context(cadata=server.authority.pem)

    def send() -> None:
        with ftplib.FTP_TLS(context=context, timeout=10) as client:
            client.connect(HOST, server.port)
            client.login(USER, PASSWORD)
            client.prot_p()
            assert isinstance(client.sock, ssl.SSLSocket)
            assert client.sock.version() == version
            client.storbinary("STOR in/refused", io.BytesIO(CONTENT))

    with pytest.raises(ftplib.error_perm, match="522"):
        send()


def test_large_files_arrive_to_the_last_byte(vsftpd: VsftpdServer) -> None:
    """The end of the data must not be taken back by closing with something unread, as tickets of TLS 1.3 are."""
    digest = hashlib.sha256()

    def chunks() -> Iterator[bytes]:
        for number in range(200):
            piece = bytes([number]) * (1 << 20)
            digest.update(piece)
            yield piece

    with open_ftp(vsftpd.method(), GATE, PATIENCE) as carrier:
        results = carrier.write([Upload(name="large", size_bytes=200 << 20, chunks=chunks())])
        assert results == [Arrived(size_bytes=200 << 20)]
        with (vsftpd.root / "large").open("rb") as written:
            assert hashlib.file_digest(written, "sha256").digest() == digest.digest()
        carrier.remove(["large", "missing"])
    assert not (vsftpd.root / "large").exists()


def test_a_file_is_resumed(vsftpd: VsftpdServer) -> None:
    with open_ftp(vsftpd.method(), GATE, PATIENCE) as carrier:
        assert carrier.resumes
        carrier.write([upload("resumed", CONTENT[:500_000])])
        rest = Upload(name="resumed", size_bytes=len(CONTENT), start=400_000, chunks=[CONTENT[400_000:]])
        assert carrier.write([rest]) == [Arrived(size_bytes=len(CONTENT))]
    assert vsftpd.files()["resumed"] == CONTENT


def test_a_file_that_breaks_off_is_taken_away_and_the_next_passes(vsftpd: VsftpdServer) -> None:
    """A data connection that ends early must not cost the session, which the next one has to show."""

    def broken() -> Iterator[bytes]:
        yield CONTENT
        raise FileFailed("the spool says no")

    with open_ftp(vsftpd.method(folder="in/broken"), GATE, PATIENCE) as carrier:
        carrier.prepare(make=True)
        first = Upload(name="first", size_bytes=2 * len(CONTENT), chunks=broken())
        results = carrier.write([first, upload("second")])
    assert isinstance(results[0], FileFailed)
    assert results[1] == Arrived(size_bytes=len(CONTENT))
    assert [name for name in vsftpd.files() if name.startswith("broken/")] == ["broken/second"]


def test_names_are_given_as_they_should_be(vsftpd: VsftpdServer) -> None:
    with open_ftp(vsftpd.method(folder="in/names"), GATE, PATIENCE) as carrier:
        carrier.prepare(make=True)
        carrier.write([upload("a.part", b"new"), upload("a.csv", b"old"), upload("b.part", b"b")])
        assert isinstance(carrier.rename([("a.part", "a.csv")], replace=False)[0], AlreadyThere)
        assert carrier.rename([("a.part", "a.csv")], replace=True) == [None]
        assert isinstance(carrier.rename([("a.part", "a.csv")], replace=True)[0], TemporaryMissing)
        assert carrier.rename([("b.part", "b.csv")], replace=False) == [None]
        assert carrier.sizes(["a.csv", "b.csv", "b.part"]) == {"a.csv": 3, "b.csv": 1}
    with open_ftp(vsftpd.method(), GATE, PATIENCE) as carrier:
        assert carrier.sizes(["names"]) == {"names": -1}


def test_files_are_fetched_archived_and_deleted(vsftpd: VsftpdServer) -> None:
    folder = vsftpd.root / "fetch"
    with open_ftp(vsftpd.method(folder="in/fetch"), GATE, PATIENCE) as carrier:
        carrier.prepare(make=True)
        carrier.write([upload("two  words.csv"), upload("été.csv", b"")])
    with open_ftp_source(vsftpd.method(folder="in/fetch"), GATE, PATIENCE) as source:
        offered = {each.name: each for each in source.offered()}
        assert {name: each.size_bytes for name, each in offered.items()} == {
            "two  words.csv": len(CONTENT),
            "été.csv": 0,
        }
        assert all(each.modify_time is not None for each in offered.values())
        assert b"".join(source.read(offered["two  words.csv"])) == CONTENT
        pieces = source.read(offered["two  words.csv"])
        next(pieces)
        del pieces
        assert b"".join(source.read(offered["été.csv"])) == b""
        source.archive("two  words.csv", "done/here")
        source.delete("été.csv")
        source.delete("été.csv")
        assert source.offered() == []
    assert [str(path.relative_to(folder)) for path in folder.rglob("*.csv")] == ["done/here/two  words.csv"]


def test_no_sign_of_a_name_means_anything(vsftpd: VsftpdServer) -> None:
    names = ["*", "?[a]{b,c}", "-l", "~ftp", "100%41%s", " a  b ", "20200101000000 b.csv", "b.csv", "no\u00a0break"]
    with open_ftp(vsftpd.method(folder="in/signs"), GATE, PATIENCE) as carrier:
        carrier.prepare(make=True)
        carrier.write([upload(f"{number}.part", name.encode()) for number, name in enumerate(names)])
        renamed = carrier.rename([(f"{number}.part", name) for number, name in enumerate(names)], replace=False)
        assert set(renamed) == {None}
        carrier.remove(["*"])
    with open_ftp_source(vsftpd.method(folder="in/signs"), GATE, PATIENCE) as source:
        offered = {each.name: each for each in source.offered()}
        assert offered.keys() == {*names} - {"*"}
        assert {b"".join(source.read(each)) for each in offered.values()} == {name.encode() for name in offered}
        assert all(each.modify_time is not None and each.modify_time.year > 2020 for each in offered.values())
        for each in offered.values():
            source.archive(each.container, "done")
    there = {path: content for path, content in vsftpd.files().items() if path.startswith("signs/")}
    assert there == {f"signs/done/{name}": name.encode() for name in offered}


@pytest.mark.parametrize("how", [{"anon_other_write_enable": "NO"}, {"write_enable": "NO"}])
def test_what_may_not_be_taken_away_is_told(start: Callable[..., VsftpdServer], how: dict[str, str]) -> None:
    server = start(**how)
    (server.root / "a.csv").write_bytes(b"x")
    (server.root / "a.csv").chmod(0o644)
    with open_ftp_source(server.method(), GATE, PATIENCE) as source:
        (offered,) = source.offered()
        for attempt in (source.delete, lambda container: source.archive(container, "done")):
            with pytest.raises(RefusedByServer, match="Permission denied"):
                attempt(offered.container)
    with open_ftp(server.method(), GATE, PATIENCE) as carrier, pytest.raises(NoPermission):
        carrier.remove(["a.csv"])


def test_a_wrong_password_is_not_logged_in(vsftpd: VsftpdServer) -> None:
    with pytest.raises(NotLoggedIn, match=r"\(530\)"), open_ftp(vsftpd.method(password="wrong"), GATE, PATIENCE):
        pytest.fail("the session must not open")


def test_its_authority_has_to_be_known(vsftpd: VsftpdServer) -> None:
    with pytest.raises(CertificateNotTrusted), open_ftp(vsftpd.method(trust=Trust()), GATE, PATIENCE):
        pytest.fail("the session must not open")


def test_nothing_outside_of_its_world_is_reached(vsftpd: VsftpdServer) -> None:
    with open_ftp(vsftpd.method(folder="/tmp"), GATE, PATIENCE) as carrier, pytest.raises(FolderMissing):
        carrier.prepare(make=True)
