"""A far end that is not ours: asyncssh's SFTP server on loopback, told how to misbehave."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import asyncssh

from services.delivery.domain.destinations import Login, Sftp
from services.delivery.domain.host_keys import HostKeyPin

USER, PASSWORD = "backroom", "s3cret"


@dataclass
class Behaviour:
    """What the server does beside serving; a test changes it at any time."""

    fail_write: int = 0  #: the how-manieth write fails; 0: none
    failure: Callable[[], asyncssh.SFTPError] = field(default=lambda: asyncssh.SFTPFailure("the disk says no"))
    writes: int = 0
    renames: list[tuple[bytes, bytes]] = field(default_factory=list)
    protected: set[str] = field(default_factory=set)  #: names that nothing may be renamed to
    on_write: Callable[[int], None] = field(default=lambda number: None)  #: told which write it is


class Files(asyncssh.SFTPServer):
    """Real files below a folder."""

    behaviour: Behaviour
    root: Path

    def __init__(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        super().__init__(chan, chroot=str(self.root).encode())

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        self.behaviour.writes += 1
        self.behaviour.on_write(self.behaviour.writes)
        if self.behaviour.writes == self.behaviour.fail_write:
            raise self.behaviour.failure()
        written = super().write(file_obj, offset, data)
        assert isinstance(written, int)
        return written

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        self.behaviour.renames.append((oldpath, newpath))
        if newpath.decode().rpartition("/")[2] in self.behaviour.protected:
            raise asyncssh.SFTPPermissionDenied("it belongs to another")
        super().posix_rename(oldpath, newpath)

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        self.behaviour.renames.append((oldpath, newpath))
        super().rename(oldpath, newpath)


class FarEnd:
    """The server, on a thread of its own."""

    def __init__(
        self,
        root: Path,
        *,
        password: str | None = PASSWORD,
        authorized: list[str] | None = None,
        host_key_types: tuple[str, ...] = ("ssh-ed25519",),
    ) -> None:
        self.root = root
        self.behaviour = Behaviour()
        self.host_keys = [asyncssh.generate_private_key(kind) for kind in host_key_types]
        self.port = 0
        self._password = password
        self._authorized = authorized or []
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

    def fingerprint(self, place: int = 0) -> str:
        return self.host_keys[place].get_fingerprint()

    def host_key_line(self, place: int = 0) -> str:
        return self.host_keys[place].export_public_key().decode().strip()

    def method(
        self,
        *,
        folder: str = "",
        host_key: str | None = None,
        password: str | None = PASSWORD,
        private_key: str | None = None,
        passphrase: str | None = None,
    ) -> Sftp:
        return Sftp(
            host="127.0.0.1",
            port=self.port,
            user_name=USER,
            host_key=HostKeyPin(host_key or self.fingerprint()),
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

        class Door(asyncssh.SSHServer):
            def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
                end._connections.add(conn)

            def password_auth_supported(self) -> bool:
                return end._password is not None

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
            sftp_factory=files,
            encoding=None,
        )
        self.port = self._server.get_port()

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
            for connection in self._connections:
                connection.abort()
            await self._server.wait_closed()
            self._connections.clear()
            self._server = None
