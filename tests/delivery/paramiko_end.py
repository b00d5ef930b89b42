"""A far end of paramiko's own server side, which may ask for key and password both."""

import io
import os
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import paramiko
from paramiko.common import AUTH_FAILED, AUTH_PARTIALLY_SUCCESSFUL, AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from services.delivery.domain.destinations import Sftp
from services.delivery.domain.host_keys import HostKeyPin, fingerprint
from services.delivery.domain.logins import Login

USER, PASSWORD = "backroom", "s3cret"


class Door(paramiko.ServerInterface):
    """Lets one user in, who has shown all that is asked for."""

    def __init__(self, key: paramiko.PKey, needs: set[str]) -> None:
        self._key = key
        self._left = set(needs)

    def get_allowed_auths(self, username: str) -> str:
        return ",".join(sorted(self._left))

    def check_auth_password(self, username: str, password: str) -> int:
        return self._shown("password") if password == PASSWORD else AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return self._shown("publickey") if key == self._key else AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return OPEN_SUCCEEDED

    def _shown(self, way: str) -> int:
        self._left.discard(way)
        return AUTH_PARTIALLY_SUCCESSFUL if self._left else AUTH_SUCCESSFUL


class File(paramiko.SFTPHandle):
    """An open file."""

    def stat(self) -> paramiko.SFTPAttributes:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))  # type: ignore[attr-defined]  # as paramiko's example does


class Files(paramiko.SFTPServerInterface):
    """Real files below a folder."""

    root: Path

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle:
        file = File(flags)
        descriptor = os.open(self._real(path), flags | os.O_CREAT if flags & os.O_WRONLY else flags, 0o600)
        stream = os.fdopen(descriptor, "wb" if flags & os.O_WRONLY else "rb")
        file.readfile = file.writefile = stream  # type: ignore[attr-defined]  # as paramiko's example does
        return file

    def stat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(self._real(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno or 0)

    def _real(self, path: str) -> Path:
        return self.root / path.lstrip("/")


class ParamikoEnd:
    """The server, one connection after the other, on a thread of its own."""

    def __init__(self, root: Path, *, needs: set[str]) -> None:
        root.mkdir()
        self.root = root
        self.key = paramiko.ECDSAKey.generate()
        self._host_key = paramiko.ECDSAKey.generate()
        self._needs = needs
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._transports: list[paramiko.Transport] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def private_key(self) -> str:
        text = io.StringIO()
        self.key.write_private_key(text)
        return text.getvalue()

    def method(self, login: Login) -> Sftp:
        return Sftp(
            host="127.0.0.1",
            port=self._listener.getsockname()[1],
            user_name=USER,
            host_key=HostKeyPin(fingerprint(self._host_key.asbytes())),
            folder="",
            login=login,
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
        for transport in self._transports:
            transport.close()

    def _serve(self) -> None:
        files = type("FilesHere", (Files,), {"root": self.root})
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(connection)
            self._transports.append(transport)
            transport.add_server_key(self._host_key)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, files)
            transport.start_server(threading.Event(), Door(self.key, self._needs))
