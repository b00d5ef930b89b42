"""Who receives what the night sends: an SFTP server, and a mailbox that keeps every mail as a file."""

import asyncio
import json
import secrets
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar
from weakref import WeakSet

import asyncssh
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Mailbox

from chassis.embedded.server import HOST, free_port, is_free
from console.stack.home import write_private

USER = "backroom"

R = TypeVar("R")


class Receivers:
    """Both servers, on loopback, in threads of ours; what they received stays in the folder.

    Ports, password and host key are the same over restarts, as a bank's would be; a port that somebody took changes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files = folder / "sftp"  #: what the SFTP server shows
        self.mails = folder / "mailbox"  #: a Maildir
        self.sftp_port = 0
        self.smtp_port = 0
        self.host_key = ""  #: public, in the form of a known_hosts entry
        self.password = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="SFTP server", daemon=True)
        self._sftp: asyncssh.SSHAcceptor | None = None
        self._connections: WeakSet[asyncssh.SSHServerConnection] = WeakSet()
        self._smtp: Controller | None = None

    def start(self) -> None:
        """Listens and answers."""
        self.files.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._choose_ports()
        self.password = _kept(self.folder / "sftp-password", lambda: secrets.token_urlsafe(24))
        key = asyncssh.import_private_key(
            _kept(
                self.folder / "sftp-host-key",
                lambda: asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode("ascii"),
            )
        )
        self.host_key = " ".join(key.export_public_key().decode("ascii").split()[:2])
        self._thread.start()
        self._sftp = self._in_loop(self._listen(key)).result()
        self._smtp = Controller(Mailbox(self.mails), hostname=HOST, port=self.smtp_port)
        self._smtp.start()

    def stop(self) -> None:
        """Stops answering."""
        if self._smtp is not None:
            self._smtp.stop()
        if self._sftp is not None:
            self._in_loop(self._close(self._sftp)).result()
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def received_mails(self) -> list[Path]:
        """Every mail in the mailbox, as files."""
        return sorted((self.mails / "new").glob("*"), key=lambda path: path.stat().st_mtime_ns)

    def _choose_ports(self) -> None:
        record = self.folder / "ports.json"
        noted = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
        self.sftp_port, self.smtp_port = (
            port if isinstance(port := noted.get(name), int) and is_free(port) else free_port()
            for name in ("sftp", "smtp")
        )
        write_private(record, json.dumps({"sftp": self.sftp_port, "smtp": self.smtp_port}) + "\n")

    async def _listen(self, key: asyncssh.SSHKey) -> asyncssh.SSHAcceptor:
        password, files, connections = self.password, self.files, self._connections

        class Door(asyncssh.SSHServer):
            def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
                connections.add(conn)

            def begin_auth(self, username: str) -> bool:
                return True

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, given: str) -> bool:
                return username == USER and secrets.compare_digest(given.encode(), password.encode())

        class Files(asyncssh.SFTPServer):
            def __init__(self, channel: asyncssh.SSHServerChannel[bytes]) -> None:
                super().__init__(channel, chroot=str(files).encode())

        return await asyncssh.create_server(
            Door, HOST, self.sftp_port, server_host_keys=[key], sftp_factory=Files, allow_scp=False
        )

    async def _close(self, acceptor: asyncssh.SSHAcceptor) -> None:
        acceptor.close()
        for connection in list(self._connections):
            connection.abort()
            await connection.wait_closed()
        await acceptor.wait_closed()

    def _in_loop(self, work: Coroutine[None, None, R]) -> Future[R]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)


def _kept(path: Path, make: Callable[[], str]) -> str:
    """What the private file holds; made the first time."""
    if not path.exists():
        write_private(path, make())
    return path.read_text(encoding="ascii")
