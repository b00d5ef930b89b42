"""IMAP accounts as post: each file becomes a message of one folder, found there again by its Message-ID."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import structlog

from services.delivery.application.far_ends import Parcel, Post
from services.delivery.domain.destinations import Imap
from services.delivery.domain.failures import DiskFull, NoPermission
from services.delivery.domain.file_failures import NotVerified, RefusedByServer
from services.delivery.domain.warnings import PROBE_LEFT
from services.delivery.gateways.imap.answers import failure_of_answer
from services.delivery.gateways.imap.client import ImapClient, has_uid, open_client
from services.delivery.gateways.imap.lines import Literal
from services.delivery.gateways.imap.message import FileMessage
from services.delivery.gateways.network import Gate, Patience

TEST_SUBJECT = "Test de connexion"
TEST_CONTENT = b"Test de connexion\r\n"

log = structlog.get_logger(__name__)


class ImapPost:
    """One account. A file that breaks off in the middle costs the session; the next one opens another."""

    def __init__(self, imap: Imap, connect: Callable[[], AbstractContextManager[ImapClient]]) -> None:
        self._imap = imap
        self._connect = connect
        self._session = ExitStack()
        self._client: ImapClient | None = None

    def open(self) -> ImapClient:
        """The client at hand, at a folder that is there; a new one where a file broke off."""
        if self._client is None or not self._client.usable:
            self.close()
            self._client = self._session.enter_context(self._connect())
        return self._client

    def close(self) -> None:
        """Ends the session."""
        self._client = None
        self._session.close()

    def deliver(self, parcel: Parcel) -> None:
        """Appends the file, unless an earlier try has: what it left is looked for, and what is not whole replaced."""
        file = parcel.file
        message = FileMessage(
            identity=file.id,
            subject=file.file_name,
            account=self._imap.user_name,
            file_name=file.file_name,
            file_bytes=file.size_bytes,
            sha256=file.sha256,
            date=file.create_time,
        )
        client = self.open()
        found = self._found(client, message) if parcel.repeated else {}
        whole = [uid for uid, size in found.items() if size == message.size_bytes]
        if not whole:
            self._append(client, message, parcel.chunks)
        self._clear(client, [uid for uid in found if uid not in whole[:1]])

    def verify(self, probe: str) -> Sequence[str]:
        """Appends the test message and takes it away again."""
        message = FileMessage(
            identity=uuid4(),
            subject=TEST_SUBJECT,
            account=self._imap.user_name,
            file_name=probe,
            file_bytes=len(TEST_CONTENT),
            sha256=hashlib.sha256(TEST_CONTENT).hexdigest(),
            date=datetime.now(UTC),
        )
        client = self.open()
        self._append(client, message, lambda: iter([TEST_CONTENT]))
        found = self._found(client, message)
        if not found:
            raise NotVerified(probe, message.size_bytes, 0)
        return [] if self._clear(client, list(found)) else [PROBE_LEFT]

    def check(self) -> None:
        """Looks at the folder; a missing one will be made."""
        client = self.open()
        if not client.is_there():
            return
        client.select()
        if client.read_only:
            raise NoPermission(client.folder, "the server opens this folder for reading only")
        used_up = client.used_up()
        if used_up is not None:
            raise DiskFull(client.folder, used_up)

    def _append(self, client: ImapClient, message: FileMessage, chunks: Callable[[], Iterator[bytes]]) -> None:
        if client.limit is not None and message.size_bytes > client.limit:
            too_large = f"it takes messages of {client.limit} bytes, this one has {message.size_bytes}"
            raise RefusedByServer(message.file_name, too_large)
        client.make_once()
        answer = client.append(_literal(message, chunks), message.date)
        if answer.status.code == "TRYCREATE":  # it went away since it was seen
            client.make()
            answer = client.append(_literal(message, chunks), message.date)
        if not answer.ok:
            raise failure_of_answer(client.folder, answer.status, message.file_name)
        if not has_uid(answer):
            found = self._found(client, message)
            if message.size_bytes not in found.values():
                self._clear(client, list(found))  # else each further try would lay another beside it
                raise NotVerified(message.file_name, message.size_bytes, max(found.values(), default=0))

    def _found(self, client: ImapClient, message: FileMessage) -> dict[int, int]:
        """UIDs and lengths of what bears the message's id."""
        if not client.is_there():
            return {}
        client.select()
        return client.sizes(client.with_message_id(message.message_id))

    def _clear(self, client: ImapClient, uids: Sequence[int]) -> bool:
        """Removes messages of ours. That they stay is told, and fails nothing: the file is there."""
        try:
            client.remove(uids)
        except (NoPermission, RefusedByServer) as failure:
            log.warning("messages of ours stay in the folder", folder=client.folder, uids=uids, reason=str(failure))
            return False
        return True


def _literal(message: FileMessage, chunks: Callable[[], Iterator[bytes]]) -> Literal:
    return Literal(size_bytes=message.size_bytes, chunks=message.chunks(_counted(message, chunks())))


def _counted(message: FileMessage, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The file's bytes, as many as were promised to the server."""
    passed = 0
    for chunk in chunks:
        passed += len(chunk)
        if passed > message.file_bytes:
            break
        yield chunk
    if passed != message.file_bytes:
        raise NotVerified(message.file_name, message.file_bytes, passed)


@contextmanager
def open_imap(imap: Imap, gate: Gate, patience: Patience) -> Iterator[Post]:
    """The account for one batch. Raises failures of ours only."""
    post = ImapPost(imap, lambda: open_client(imap, gate, patience))
    try:
        post.open()
        yield post
    finally:
        post.close()
