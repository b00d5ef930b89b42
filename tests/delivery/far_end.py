"""A far end that is not ours: asyncssh's SFTP server on loopback, told how to misbehave."""

import asyncio
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh
import pytest
from asyncssh import sftp as asyncssh_sftp
from asyncssh.auth import KbdIntChallenge, KbdIntResponse
from asyncssh.misc import MaybeAwait

from services.delivery.domain.destinations import Sftp
from services.delivery.domain.host_keys import HostKeyPin
from services.delivery.domain.logins import Login

USER, PASSWORD = "backroom", "s3cret"

Attributes = os.stat_result | asyncssh.SFTPAttrs


@dataclass
class Behaviour:
    """What the server does beside serving; a test changes it at any time."""

    fail_write: int = 0  #: the how-manieth write fails; 0: none
    failure: Callable[[], asyncssh.SFTPError] = field(default=lambda: asyncssh.SFTPFailure("the disk says no"))
    writes: int = 0
    renames: list[tuple[bytes, bytes]] = field(default_factory=list)
    protected: set[str] = field(default_factory=set)  #: names that nothing may be renamed to
    on_write: Callable[[int], None] = field(default=lambda number: None)  #: told which write it is
    meets: Callable[[str, str], None] = field(default=lambda request, name: None)
    """Told of each request and the name it is about, before it is served; what it raises is the answer."""
    after_rename: Callable[[], None] = field(default=lambda: None)  #: what happens before a renaming is answered
    on_login: Callable[[], None] = field(default=lambda: None)  #: what happens where somebody begins to log in
    silent_from: int = 0  #: the how-manieth write is the first that is never answered; 0: none
    stopped: asyncio.Event = field(default_factory=asyncio.Event)


class Files(asyncssh.SFTPServer):
    """Real files below a folder."""

    behaviour: Behaviour
    root: Path

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        super().__init__(chan, chroot=str(self.root).encode())
        self._names: dict[object, str] = {}

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        self._meet("open", path)
        opened = super().open(path, pflags, attrs)
        self._names[opened] = last(path)
        return opened

    def close(self, file_obj: object) -> MaybeAwait[None]:
        name = self._names.pop(file_obj)
        closed = super().close(file_obj)
        self.behaviour.meets("close", name)
        return closed

    def write(self, file_obj: object, offset: int, data: bytes) -> MaybeAwait[int]:
        self.behaviour.writes += 1
        number = self.behaviour.writes
        self.behaviour.on_write(number)
        if self.behaviour.silent_from and number >= self.behaviour.silent_from:
            return self._never()
        if number == self.behaviour.fail_write:
            raise self.behaviour.failure()
        self.behaviour.meets("write", self._names[file_obj])
        written = super().write(file_obj, offset, data)
        assert isinstance(written, int)
        return written

    def fsync(self, file_obj: object) -> MaybeAwait[None]:
        self.behaviour.meets("fsync", self._names[file_obj])
        return super().fsync(file_obj)

    def fstat(self, file_obj: object) -> MaybeAwait[Attributes]:
        self.behaviour.meets("fstat", self._names[file_obj])
        return super().fstat(file_obj)

    def stat(self, path: bytes) -> MaybeAwait[Attributes]:
        self._meet("stat", path)
        return super().stat(path)

    def lstat(self, path: bytes) -> MaybeAwait[Attributes]:
        self._meet("lstat", path)
        return super().lstat(path)

    def remove(self, path: bytes) -> MaybeAwait[None]:
        self._meet("remove", path)
        return super().remove(path)

    def statvfs(self, path: bytes) -> MaybeAwait[os.statvfs_result | asyncssh.SFTPVFSAttrs]:
        self._meet("statvfs", path)
        return super().statvfs(path)

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        self.behaviour.renames.append((oldpath, newpath))
        self._meet("posix_rename", newpath)
        if last(newpath) in self.behaviour.protected:
            raise asyncssh.SFTPPermissionDenied("it belongs to another")
        super().posix_rename(oldpath, newpath)
        self.behaviour.after_rename()

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        self.behaviour.renames.append((oldpath, newpath))
        self._meet("rename", newpath)
        super().rename(oldpath, newpath)
        self.behaviour.after_rename()

    async def _never(self) -> int:
        await self.behaviour.stopped.wait()
        raise asyncssh.SFTPConnectionLost("the server stops")

    def _meet(self, request: str, path: bytes) -> None:
        self.behaviour.meets(request, last(path))


def last(path: bytes) -> str:
    """A name without its folder."""
    return path.decode(errors="surrogateescape").rpartition("/")[2]


def hide_extensions(patch: pytest.MonkeyPatch, *names: str) -> None:
    """The servers of this test no longer name these extensions, as many do not."""
    handler = asyncssh_sftp.SFTPServerHandler
    kept = [pair for pair in handler._extensions if not pair[0].decode().startswith(names)]
    patch.setattr(handler, "_extensions", kept)


class FarEnd:
    """The server, on a thread of its own."""

    def __init__(
        self,
        root: Path,
        *,
        password: str | None = PASSWORD,
        authorized: list[str] | None = None,
        host_key_types: tuple[str, ...] = ("ssh-ed25519",),
        questions: tuple[tuple[str, bool], ...] = (),
        signature_algs: tuple[str, ...] = (),
    ) -> None:
        self.root = root
        self.behaviour = Behaviour()
        self.host_keys = [asyncssh.generate_private_key(kind) for kind in host_key_types]
        self.port = 0
        self._password = password
        self._authorized = authorized or []
        self._questions = questions  #: asked instead of taking a password: the words, and whether the answer is shown
        self._signature_algs = signature_algs
        self.asked = 0  #: how often somebody tried to log in
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._server: asyncssh.SSHAcceptor | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()

    def start(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        if not self._thread.is_alive():
            self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)

    def close(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def drop(self) -> None:
        """Ends all connections at once; to be called by a behaviour, on the server's own thread."""
        for connection in self._connections:
            connection.abort()

    def fingerprint(self, place: int = 0) -> str:
        return self.host_keys[place].get_fingerprint()

    def host_key_line(self, place: int = 0) -> str:
        return self.host_keys[place].export_public_key().decode().strip()

    def method(
        self,
        *,
        folder: str = "",
        host_key: str | None = None,
        unknown: bool = False,
        port: int | None = None,
        password: str | None = PASSWORD,
        private_key: str | None = None,
        passphrase: str | None = None,
    ) -> Sftp:
        return Sftp(
            host="127.0.0.1",
            port=port or self.port,
            user_name=USER,
            host_key=None if unknown else HostKeyPin(host_key or self.fingerprint()),
            folder=folder,
            login=Login(password=password, private_key=private_key, passphrase=passphrase),
        )

    def files(self) -> dict[str, bytes]:
        """Everything that lies there, temporaries included."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }

    async def _listen(self) -> None:
        end = self
        self.behaviour.stopped.clear()

        class Door(asyncssh.SSHServer):
            def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
                end._connections.add(conn)

            def begin_auth(self, username: str) -> bool:
                end.asked += 1
                end.behaviour.on_login()
                return True

            def password_auth_supported(self) -> bool:
                return end._password is not None and not end._questions

            def kbdint_auth_supported(self) -> bool:
                return bool(end._questions)

            def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> KbdIntChallenge:
                return "", "", "", list(end._questions)

            def validate_kbdint_response(self, username: str, responses: KbdIntResponse) -> bool:
                return username == USER and list(responses) == [end._password]

            def validate_password(self, username: str, password: str) -> bool:
                return username == USER and password == end._password

            def public_key_auth_supported(self) -> bool:
                return bool(end._authorized)

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                offered = key.export_public_key().decode().split()[1]
                return username == USER and any(offered == line.split()[1] for line in end._authorized)

        files = type("FilesHere", (Files,), {"behaviour": self.behaviour, "root": self.root})
        self._server = await asyncssh.listen(
            "127.0.0.1",
            self.port,
            server_factory=Door,
            server_host_keys=self.host_keys,
            signature_algs=self._signature_algs,
            sftp_factory=files,
            encoding=None,
        )
        self.port = self._server.get_port()

    async def _end(self) -> None:
        self.behaviour.stopped.set()
        if self._server is not None:
            self._server.close()
            for connection in self._connections:
                connection.abort()
            await self._server.wait_closed()
            self._connections.clear()
            self._server = None
