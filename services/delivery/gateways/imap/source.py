"""IMAP folders as a source: the attachments of their messages, which stay unread until they are taken away."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

from services.delivery.application.far_ends import Offered, Source
from services.delivery.domain.destinations import Imap
from services.delivery.domain.file_failures import RefusedByServer
from services.delivery.domain.file_names import file_name_problem
from services.delivery.gateways.imap.client import ImapClient, open_client, parsed_date_time
from services.delivery.gateways.imap.decoding import PLAIN, Damaged, decoded
from services.delivery.gateways.imap.parts import Part, attachments
from services.delivery.gateways.imap.values import Malformed, Value
from services.delivery.gateways.network import Gate, Patience

AT_ONCE = 100  #: messages described in one answer
WINDOW = 512 << 10  #: bytes of an attachment in one answer

_SEPARATOR = re.compile(r"[/\\]")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """An attachment's part of its message."""

    uid: int
    part: Part


class ImapSource:
    """One folder. A message keeps its UID for as long as the folder keeps its UIDVALIDITY; both name it."""

    settles = False  # a message is there whole

    def __init__(self, client: ImapClient) -> None:
        self._client = client
        self._places: dict[str, _Place] = {}  #: key → where it is

    def offered(self) -> Sequence[Offered]:
        """The attachments of all messages. What cannot be taken is told in the log, and stays."""
        self._client.select()
        offered: list[Offered] = []
        for some in _batches(self._client.all()):
            for uid, said in self._client.fetch(some, b"INTERNALDATE BODYSTRUCTURE"):
                if "BODYSTRUCTURE" in said:  # else it was said unasked
                    offered += self._of_message(uid, said)
        return offered

    def read(self, offered: Offered) -> Iterator[bytes]:
        """The attachment's bytes, without marking its message as read."""
        place = self._places[offered.key]
        self._client.select()
        try:
            yield from decoded(place.part.encoding, self._encoded(offered.name, place))
        except Damaged as error:
            raise RefusedByServer(offered.name, str(error)) from error

    def archive(self, container: str, folder: str) -> None:
        """Moves the message."""
        uid = self._uid(container)
        if uid is not None:
            self._client.move(uid, folder)

    def delete(self, container: str) -> None:
        """Deletes the message."""
        uid = self._uid(container)
        if uid is not None:
            self._client.remove([uid])

    def _uid(self, container: str) -> int | None:
        """The message's UID; None where the folder is another by now, and the message gone with the old one."""
        self._client.select()
        validity, _, uid = container.partition("/")
        return int(uid) if validity == str(self._client.uid_validity) else None

    def _of_message(self, uid: int, said: dict[str, Value]) -> Iterator[Offered]:
        container = f"{self._client.uid_validity}/{uid}"
        try:
            parts = list(attachments(said["BODYSTRUCTURE"]))
            received = parsed_date_time(said.get("INTERNALDATE"))
        except Malformed as error:
            log.warning("a message is left out", folder=self._client.folder, uid=uid, reason=str(error))
            return
        for part in parts:
            name = _SEPARATOR.split(part.name)[-1].strip()  # some senders write the whole path
            problem = file_name_problem(name)
            if problem is not None:
                log.warning("an attachment is left out", folder=self._client.folder, uid=uid, reason=problem)
                continue
            key = f"{container}/{part.number}"
            self._places[key] = _Place(uid=uid, part=part)
            yield Offered(
                name=name,
                key=key,
                container=container,
                size_bytes=part.size_bytes if part.encoding in PLAIN else None,
                modify_time=received,
            )

    def _encoded(self, name: str, place: _Place) -> Iterator[bytes]:
        """Window by window, until the server has no more."""
        start = 0
        while True:
            item, window = self._window(name, place, start)
            if window:
                yield window
            start += len(window)
            # A server that knows no windows has answered all of it. One that says too small a size is asked once more.
            if not window or not item.endswith(">") or (len(window) < WINDOW and start >= place.part.size_bytes):
                return

    def _window(self, name: str, place: _Place, start: int) -> tuple[str, bytes]:
        """The server's name for a window, and what is in it."""
        section = f"BODY.PEEK[{place.part.number}]<{start}.{WINDOW}>".encode()
        for _, said in self._client.fetch([place.uid], section):
            for item, value in said.items():
                if item.startswith("BODY["):
                    return item, value if isinstance(value, bytes) else b""
        raise RefusedByServer(name, "its message is gone")


def _batches(uids: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(uids), AT_ONCE):
        yield uids[start : start + AT_ONCE]


@contextmanager
def open_imap_source(imap: Imap, gate: Gate, patience: Patience) -> Iterator[Source]:
    """The folder for one fetch. Raises failures of ours only."""
    with open_client(imap, gate, patience) as client:
        yield ImapSource(client)
