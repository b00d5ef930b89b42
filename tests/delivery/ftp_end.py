"""A far end that is not ours: pyftpdlib's FTP server on loopback, in clear or under TLS, told how to misbehave."""

import errno
import hashlib
import logging
import os
import threading
import warnings
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from OpenSSL import SSL

from services.delivery.domain.destinations import Ftp, Security, Trust
from services.delivery.domain.logins import Login

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of asyncore, which it stands on as long as Python has it
    from pyftpdlib.authorizers import DummyAuthorizer
    from pyftpdlib.filesystems import AbstractedFS
    from pyftpdlib.handlers import DTPHandler, FTPHandler, TLS_DTPHandler, TLS_FTPHandler
    from pyftpdlib.ioloop import IOLoop
    from pyftpdlib.servers import FTPServer

USER, PASSWORD = "backroom", "s3cret"
ELSEWHERE = "203.0.113.9"  #: an address of nobody's (RFC 5737)
LOOK = 0.05  #: seconds between two looks at whether to end

logging.getLogger("pyftpdlib").setLevel(logging.CRITICAL)


@dataclass
class FtpBehaviour:
    """What the server does beside serving; a test changes it at any time."""

    answers: dict[str, str] = field(default_factory=dict)  #: command → what it is answered with instead of being done
    drops_after: str = ""  #: the command that is done, and after which the connection ends without an answer
    fail_write: int = 0  #: the how-manieth write to disk fails; 0: none
    fail_answer: str = "451 Failure writing to local file."  #: what is said then
    cut_after: int = 0  #: bytes of a file after which the data connection is dropped; 0: never
    cut_answer: str = "226 Transfer complete."  #: what is said then
    loses_from: int = 0  #: bytes of a file after which the rest is thrown away without a word; 0: none
    keeps_targets: bool = False  #: nothing is renamed over what is there
    writes: int = 0
    commands: list[str] = field(default_factory=list)  #: all that were given, but passwords
    logins: int = 0


class _File:
    """A file on the disk that the behaviour lets fail."""

    def __init__(self, file: IO[bytes], behaviour: FtpBehaviour) -> None:
        self._file, self._behaviour = file, behaviour
        self._written = 0

    def write(self, data: bytes) -> int:
        self._behaviour.writes += 1
        if self._behaviour.writes == self._behaviour.fail_write:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        limit = self._behaviour.loses_from
        kept = data if not limit else data[: max(limit - self._written, 0)]
        self._written += len(data)
        self._file.write(kept)
        return len(data)

    def __getattr__(self, name: str) -> Any:  # the rest is the file's own
        return getattr(self._file, name)


class FtpEnd:
    """The server, on a thread of its own."""

    def __init__(
        self,
        root: Path,
        *,
        security: Security = Security.NONE,
        certificate: tuple[Path, Path] | None = None,
        tls: tuple[int, int] = (SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION),
        requires_reuse: bool = False,
        lies_about_its_address: bool = False,
        hashes: str = "",
        without: Collection[str] = (),
        permissions: str = "elradfmwMT",
        version6: bool = False,
    ) -> None:
        self.root = root
        self.security = security
        self.behaviour = FtpBehaviour()
        self.host = "::1" if version6 else "127.0.0.1"
        self.port = 0
        self._permissions = permissions
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        protected = security is not Security.NONE
        base: type[FTPHandler] = TLS_FTPHandler if protected else FTPHandler
        handler: Any = type("HandlerHere", (_told(base, self.behaviour, hashes, security),), {})
        handler.proto_cmds = {verb: told for verb, told in base.proto_cmds.items() if verb not in without}
        if hashes:
            handler.proto_cmds[hashes] = {"perm": "r", "auth": True, "arg": True, "help": ""}
        handler.dtp_handler = _told_data(TLS_DTPHandler if protected else DTPHandler, self.behaviour, requires_reuse)
        handler.abstracted_fs = _told_files(self.behaviour)
        handler.unicode_errors = "surrogateescape"  # names are bytes
        handler.auth_failed_timeout = 0.05
        handler.masquerade_address = ELSEWHERE if lies_about_its_address else None
        if certificate is not None:
            handler.certfile, handler.keyfile = map(str, certificate)
            handler.ssl_context = None
            handler.get_ssl_context().set_min_proto_version(tls[0])
            handler.get_ssl_context().set_max_proto_version(tls[1])
        self._handler = handler

    def start(self) -> None:
        self.root.mkdir(parents=True, exist_ok=True)
        authorizer = DummyAuthorizer()
        authorizer.add_user(USER, PASSWORD, str(self.root), perm=self._permissions)
        self._handler.authorizer = authorizer
        self._stop.clear()
        server = FTPServer((self.host, self.port), self._handler, ioloop=IOLoop())
        self.port = server.address[1]
        self._thread = threading.Thread(target=self._serve, args=(server,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(10)

    def method(
        self,
        *,
        folder: str = "",
        host: str | None = None,
        port: int | None = None,
        password: str = PASSWORD,
        security: Security | None = None,
        trust: Trust | None = None,
        active: bool = False,
    ) -> Ftp:
        return Ftp(
            host=host or self.host,
            port=port or self.port,
            user_name=USER,
            security=self.security if security is None else security,
            trust=trust or Trust(),
            active=active,
            folder=folder,
            login=Login(password=password),
        )

    def files(self) -> dict[str, bytes]:
        """Everything that lies there, temporaries included."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file()
        }

    def verbs(self) -> list[str]:
        """The commands that were given, without what they were about."""
        return [line.split(" ")[0] for line in self.behaviour.commands]

    def _serve(self, server: FTPServer) -> None:
        while not self._stop.is_set():
            server.serve_forever(timeout=LOOK, blocking=False, handle_exit=False)
        server.close_all()


def _told(base: type[FTPHandler], behaviour: FtpBehaviour, hashes: str, security: Security) -> type[FTPHandler]:
    class Handler(base):  # type: ignore[misc]  # pyftpdlib is untyped
        muted = False

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            if hashes:
                self._extra_feats.append("HASH SHA-1;SHA-256*" if hashes == "HASH" else hashes)

        def handle(self) -> None:
            if security is Security.IMPLICIT:
                self.secure_connection(self.ssl_context)
            else:
                super().handle()

        def handle_ssl_established(self) -> None:
            if security is Security.IMPLICIT:
                super().handle()

        def on_login(self, username: str) -> None:
            behaviour.logins += 1

        def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
            behaviour.commands.append("PASS" if cmd == "PASS" else line)
            if cmd in behaviour.answers:
                self.respond(behaviour.answers[cmd])
                return
            self.muted = cmd == behaviour.drops_after
            super().pre_process_command(line, cmd, arg)
            if self.muted:
                self.close()

        def respond(self, resp: str, *arguments: Any, **options: Any) -> None:
            if not self.muted:
                super().respond(resp, *arguments, **options)

        def ftp_RNTO(self, path: str) -> Any:  # noqa: N802 - pyftpdlib names it
            if behaviour.keeps_targets and Path(path).exists():
                self.respond("550 Cannot create a file when that file already exists.")
                return None
            return super().ftp_RNTO(path)

        def ftp_HASH(self, path: str) -> None:  # noqa: N802 - pyftpdlib names it
            content = Path(path).read_bytes()
            digest = hashlib.sha256(content).hexdigest()
            self.respond(f"213 SHA-256 0-{len(content)} {digest} {Path(path).name}")

        def ftp_XSHA256(self, path: str) -> None:  # noqa: N802 - pyftpdlib names it
            self.respond(f"250 {hashlib.sha256(Path(path).read_bytes()).hexdigest().upper()}")

    return Handler


def _told_data(base: type[DTPHandler], behaviour: FtpBehaviour, requires_reuse: bool) -> type[DTPHandler]:
    class Data(base):  # type: ignore[misc]  # pyftpdlib is untyped
        def handle_ssl_established(self) -> None:
            if requires_reuse and not SSL._lib.SSL_session_reused(self.socket._ssl):  # type: ignore[attr-defined]
                self._resp = ("522 SSL connection failed; session reuse required.", logging.debug)
                self.close()

        def handle_error(self) -> None:
            self._resp = (behaviour.fail_answer, logging.debug)
            self.close()

        def handle_read(self) -> None:
            super().handle_read()
            if self.receive and 0 < behaviour.cut_after <= self.tot_bytes_received and not self._closed:
                self._resp = (behaviour.cut_answer, logging.debug)
                self.close()

    if base is DTPHandler:
        Data.handle_read_event = Data.handle_read
    return Data


def _told_files(behaviour: FtpBehaviour) -> type[AbstractedFS]:
    class Files(AbstractedFS):  # type: ignore[misc]  # pyftpdlib is untyped
        def open(self, filename: str, mode: str) -> Any:
            file = super().open(filename, mode)
            return file if "r" in mode and "+" not in mode else _File(file, behaviour)

    return Files
