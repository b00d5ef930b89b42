"""paramiko's SFTP client, made to say when a write has failed.

paramiko drops the answers to pipelined writes: a full disk, or one failed write in mid-file, ends without an error.
Here every write's answer is counted. This rests on paramiko's own requests (`_async_request`, `_read_response`), so
its version is pinned and the tests hold a server that fails its n-th write.
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import paramiko
from paramiko.message import Message
from paramiko.sftp import (
    CMD_CLOSE,
    CMD_EXTENDED,
    CMD_FSTAT,
    CMD_HANDLE,
    CMD_INIT,
    CMD_OPEN,
    CMD_STATUS,
    CMD_VERSION,
    CMD_WRITE,
    SFTP_EOF,
    SFTP_FLAG_CREATE,
    SFTP_FLAG_TRUNC,
    SFTP_FLAG_WRITE,
    SFTP_NO_SUCH_FILE,
    SFTP_OK,
    SFTPError,
    int64,
)
from paramiko.sftp_attr import SFTPAttributes

from services.delivery.domain.failures import CarryFailed

POSIX_RENAME = "posix-rename@openssh.com"
FSYNC = "fsync@openssh.com"
PIECE = 32 * 1024  #: bytes a write; what every server takes
WINDOW = 64  #: writes under way; 2 MiB hide a round trip of 50 ms at 40 MB/s


class ServerStatus(Exception):
    """The server refused a request, in its own words."""

    def __init__(self, code: int, answer: str) -> None:
        super().__init__(answer or f"status {code}")
        self.code = code
        self.answer = answer or f"status {code}"


class NoSuchFile(ServerStatus):
    """There is nothing of that name."""


class Writes:
    """Writes whose answers have not come yet. paramiko hands it each of them."""

    def __init__(self) -> None:
        self.under_way = 0
        self.refused: ServerStatus | None = None  #: the first refusal

    def _async_response(self, kind: int, message: Message, number: int) -> None:
        """Called by paramiko's reader for an answer to one of these writes."""
        self.under_way -= 1
        code = message.get_int() if kind == CMD_STATUS else -1
        if code != SFTP_OK and self.refused is None:
            self.refused = ServerStatus(code, message.get_text() if kind == CMD_STATUS else f"answer {kind}")


class CheckedSftpClient(paramiko.SFTPClient):
    """An SFTP session that knows what its server can do, and misses no refusal."""

    def _send_version(self) -> int:
        """As paramiko's, but keeps the extensions that the server names."""
        hello = Message()
        hello.add_int(3)
        self._send_packet(CMD_INIT, hello)
        kind, data = self._read_packet()
        if kind != CMD_VERSION:
            raise SFTPError("it does not answer as an SFTP server")
        answer = Message(data)
        version: int = answer.get_int()
        self.extensions: set[str] = set()
        while answer.get_remainder():
            self.extensions.add(answer.get_text())
            answer.get_binary()
        return version

    def _convert_status(self, msg: Message) -> None:
        code = msg.get_int()
        text = msg.get_text()
        if code == SFTP_EOF:
            raise EOFError(text)
        if code == SFTP_NO_SUCH_FILE:
            raise NoSuchFile(code, text)
        if code != SFTP_OK:
            raise ServerStatus(code, text)

    def write_file(self, path: str, chunks: Iterable[bytes]) -> int:
        """Writes a new file and answers the length that the server sees. Raises `ServerStatus`, misses none."""
        flags = SFTP_FLAG_WRITE | SFTP_FLAG_CREATE | SFTP_FLAG_TRUNC
        kind, answer = self._request(CMD_OPEN, self._adjust_cwd(path), flags, SFTPAttributes())
        if kind != CMD_HANDLE:
            raise SFTPError("it answers no handle")
        handle = answer.get_binary()
        try:
            self._write_window(handle, chunks)
            if FSYNC in self.extensions:
                self._request(CMD_EXTENDED, FSYNC, handle)
            _, attributes = self._request(CMD_FSTAT, handle)
        except (
            ServerStatus,
            CarryFailed,
        ):  # the session goes on; after any other error it is over, and the handle with it
            self._request(CMD_CLOSE, handle)
            raise
        self._request(CMD_CLOSE, handle)
        size: int | None = SFTPAttributes._from_msg(attributes).st_size  # type: ignore[attr-defined]  # the stubs leave it out
        return -1 if size is None else size

    def _write_window(self, handle: bytes, chunks: Iterable[bytes]) -> None:
        writes = Writes()
        offset = 0
        try:
            for piece in pieces(chunks):
                self._async_request(writes, CMD_WRITE, handle, int64(offset), piece)
                writes.under_way += 1
                offset += len(piece)
                while writes.under_way >= WINDOW or self.sock.recv_ready():
                    self._read_response()
                if writes.refused is not None:
                    break
        except CarryFailed:
            self._settle(writes)
            raise
        self._settle(writes)
        if writes.refused is not None:
            raise writes.refused

    def _settle(self, writes: Writes) -> None:
        """Reads the answers that are still to come: they must not meet the next file's requests."""
        while writes.under_way:
            self._read_response()

    if TYPE_CHECKING:  # what the stubs leave out
        sock: paramiko.Channel

        def _request(self, kind: int, *args: object) -> tuple[int, Message]: ...
        def _async_request(self, waiting: object, kind: int, *args: object) -> int: ...
        def _read_response(self, number: int | None = None) -> tuple[int | None, Message | None]: ...
        def _send_packet(self, kind: int, packet: Message) -> None: ...
        def _read_packet(self) -> tuple[int, bytes]: ...
        def _adjust_cwd(self, path: str) -> bytes: ...


def pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, in pieces that every server takes."""
    for chunk in chunks:
        for start in range(0, len(chunk), PIECE):
            yield chunk[start : start + PIECE]


def open_session(transport: paramiko.Transport, timeout: float) -> CheckedSftpClient:
    """Opens the SFTP subsystem; every later answer must come within `timeout` seconds."""
    channel = transport.open_session(timeout=timeout)
    channel.settimeout(timeout)
    channel.invoke_subsystem("sftp")
    return CheckedSftpClient(channel)
