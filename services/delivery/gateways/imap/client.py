"""One folder's messages: appended, found, looked at, moved and removed, and nothing else touched."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from services.delivery.domain.destinations import Imap
from services.delivery.domain.failures import NoPermission
from services.delivery.domain.file_failures import RefusedByServer
from services.delivery.gateways.imap.answers import failure_of_answer, failure_of_folder
from services.delivery.gateways.imap.folders import Folders, argument
from services.delivery.gateways.imap.lines import Answer, Literal, string
from services.delivery.gateways.imap.names import INBOX
from services.delivery.gateways.imap.session import Session, open_session, told
from services.delivery.gateways.imap.values import Malformed, Value, number, pairs, text
from services.delivery.gateways.network import Gate, Patience

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
#: What a message and its copy have in common, and no other message: the envelope holds the Message-ID.
MARKS = ("ENVELOPE", "INTERNALDATE", "RFC822.SIZE")
MOST_ALIKE = 100  #: messages of one Message-ID that are looked at
_APPENDED = re.compile(r"(\d{1,10}) (\d{1,10})")

P = ParamSpec("P")
R = TypeVar("R")


def _understood(
    method: Callable[Concatenate["ImapClient", P], R],
) -> Callable[Concatenate["ImapClient", P], R]:
    """An answer that cannot be read becomes a failure of ours."""

    @wraps(method)
    def wrapped(client: "ImapClient", /, *args: P.args, **kwargs: P.kwargs) -> R:
        with told(client.imap, "answer"):
            return method(client, *args, **kwargs)

    return wrapped


class ImapClient:
    """A session at one folder of the account."""

    def __init__(self, imap: Imap, session: Session) -> None:
        self.imap = imap
        self.folder = imap.folder.strip("/") or INBOX
        self._session = session
        self._folders = Folders(session)
        self._made = False
        self._selected = False
        self.uid_validity = 0  #: of the folder; while it is the same, a UID is the same message
        self.read_only = False

    @property
    def usable(self) -> bool:
        """Whether another command may be asked."""
        return self._session.usable

    @property
    def limit(self) -> int | None:
        """The most bytes of a message that the server takes, where it says."""
        return self._session.limit()

    @_understood
    def make(self) -> bool:
        """Makes the client's own folder where it is missing, and says whether it was."""
        return self._folders.make(self.folder)

    def make_once(self) -> None:
        """The same, and believes from then on that it is there."""
        if not self._made:
            self.make()
            self._made = True

    @_understood
    def is_there(self) -> bool:
        """Whether the folder exists."""
        return self._folders.is_there(self.folder)

    @_understood
    def select(self) -> None:
        """Opens the folder, or, where it is open, hears what has become of it."""
        if self._selected:
            self._asked(b"NOOP")
            return
        answer = self._session.ask(b"SELECT", argument(self._folders.name(self.folder)))
        if not answer.ok:
            raise failure_of_folder(self.folder, answer.status)
        self.uid_validity = number((answer.code("UIDVALIDITY") or "0").encode())
        self.read_only = answer.code("READ-ONLY") is not None
        self._selected = True

    @_understood
    def used_up(self) -> str | None:
        """What of the account's quota is used up, where the server tells it (RFC 9208)."""
        if "QUOTA" not in self._session.capabilities:
            return None
        for data in self._session.ask(b"GETQUOTAROOT", argument(self._folders.name(self.folder))).all("QUOTA"):
            match data.values():
                case [_, list() as said, *_]:
                    for resource, used, limit in zip(said[::3], said[1::3], said[2::3], strict=False):
                        if 0 < number(limit) <= number(used):  # 0: none, at some servers
                            return f"{text(resource)} {number(used)}/{number(limit)}"
        return None

    @_understood
    def append(self, message: Literal, at: datetime) -> Answer:
        """Stores a message as received at that time. It may be refused; the answer says."""
        return self._session.ask(b"APPEND", argument(self._folders.name(self.folder)), _date_time(at), message)

    @_understood
    def with_message_id(self, message_id: str) -> list[int]:
        """UIDs of the messages of the selected folder that bear it."""
        return _numbers(self._asked(b"UID SEARCH UNDELETED HEADER Message-ID", string(message_id)))

    @_understood
    def all(self) -> list[int]:
        """UIDs of the messages of the selected folder."""
        return _numbers(self._asked(b"UID SEARCH UNDELETED"))

    @_understood
    def fetch(self, uids: Sequence[int], items: bytes) -> list[tuple[int, dict[str, Value]]]:
        """What is asked about messages; those that are gone are left out."""
        if not uids:
            return []
        answer = self._asked(b"UID FETCH", _set(uids), b"(UID " + items + b")")
        found: list[tuple[int, dict[str, Value]]] = []
        for data in answer.all("FETCH"):
            match data.values():
                case [list() as items_of_one, *_]:
                    said = pairs(items_of_one)
                case _:
                    raise Malformed("a message is described in an unknown way")
            uid = number(said["UID"]) if "UID" in said else 0  # without one it was said unasked: a flag has changed
            if uid in uids:
                found.append((uid, said))
        return found

    @_understood
    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """The lengths of messages."""
        found = self.fetch(uids, b"RFC822.SIZE")
        return {uid: number(said["RFC822.SIZE"]) for uid, said in found if "RFC822.SIZE" in said}

    @_understood
    def remove(self, uids: Sequence[int]) -> None:
        """Deletes messages of the selected folder, and never what others have marked for deletion.

        Where the server cannot delete by UID, and others have marked some, ours stay marked beside them.
        """
        if not uids:
            return
        self._writable()
        self._asked(b"UID STORE", _set(uids), rb"+FLAGS.SILENT (\Deleted)")
        if "UIDPLUS" in self._session.capabilities:
            self._asked(b"UID EXPUNGE", _set(uids))
            return
        marked = set(_numbers(self._asked(b"UID SEARCH DELETED")))
        if marked and marked <= set(uids):  # others may have expunged some of them; no answer is no word on the rest
            self._asked(b"EXPUNGE")

    @_understood
    def move(self, uid: int, folder: str) -> None:
        """Moves a message of the selected folder into another, made where missing. Gone already is fine.

        Where the server can only copy, a copy that an earlier move has left there, when it died before the deletion, is
        recognised by its Message-ID; of a message without one there may be two.
        """
        self._writable()
        name = self._folders.name(folder)
        if name == self._folders.name(self.folder):  # as the server understands both: it would be a new message
            raise RefusedByServer(folder, "it is the folder that is fetched from")
        self._folders.make(folder)
        target = argument(name)
        if "MOVE" in self._session.capabilities:
            self._asked(b"UID MOVE", _set([uid]), target, folder=folder)
            return
        validity = self.uid_validity
        copied = self._is_copied(uid, folder, target)
        if self.uid_validity != validity:
            return  # the folder was made anew meanwhile: the message has gone with the old one
        if not copied:
            self._asked(b"UID COPY", _set([uid]), target, folder=folder)
        self.remove([uid])

    def _is_copied(self, uid: int, folder: str, target: bytes | Literal) -> bool:
        """Whether that folder has the message as well. Its own is selected again afterwards."""
        match self._marks([uid]):
            case [[[*_, bytes() as message_id], *_] as original] if message_id.isascii():
                self._selected = False
                found: list[list[Value]] = []
                if self._session.ask(b"EXAMINE", target).ok:  # else it may only be filled, and tells nothing
                    found = self._marks(self.with_message_id(message_id.decode())[:MOST_ALIKE])
                self.select()
                return original in found
        return False  # nothing tells

    def _marks(self, uids: Sequence[int]) -> list[list[Value]]:
        found = self.fetch(uids, " ".join(MARKS).encode())
        return [[said.get(mark) for mark in MARKS] for _, said in found if said.keys() >= set(MARKS)]

    def _writable(self) -> None:
        if self.read_only:
            raise NoPermission(self.folder, "the server opens this folder for reading only")

    def _asked(self, *arguments: bytes | Literal, folder: str = "") -> Answer:
        answer = self._session.ask(*arguments)
        if not answer.ok:
            raise failure_of_answer(folder or self.folder, answer.status)
        return answer


@contextmanager
def open_client(imap: Imap, gate: Gate, patience: Patience) -> Iterator[ImapClient]:
    """A client at the destination's folder, which need not exist yet."""
    with open_session(imap, gate, patience) as session:
        yield ImapClient(imap, session)


def has_uid(answer: Answer) -> bool:
    """Whether the server says which UID an appended message got (RFC 4315): the proof that it has it."""
    return _APPENDED.fullmatch(answer.code("APPENDUID") or "") is not None


def _set(uids: Sequence[int]) -> bytes:
    return ",".join(map(str, uids)).encode()


def _numbers(answer: Answer) -> list[int]:
    return [number(value) for data in answer.all("SEARCH") for value in data.values()]


def _date_time(at: datetime) -> bytes:
    """As RFC 3501 writes it, whatever the language of the system."""
    return f'"{at.day:02}-{MONTHS[at.month - 1]}-{at.year:04} {at:%H:%M:%S %z}"'.encode()


def parsed_date_time(value: Value) -> datetime | None:
    """The time of RFC 3501's form; None where it is not one."""
    day, _, rest = text(value).strip().partition("-")
    month, _, rest = rest.partition("-")
    if month.title() not in MONTHS:
        return None
    try:
        return datetime.strptime(f"{day.strip()} {MONTHS.index(month.title()) + 1} {rest}", "%d %m %Y %H:%M:%S %z")
    except ValueError:
        return None
