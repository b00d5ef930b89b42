"""Folders of an IMAP account: found, and made level by level."""

import unicodedata

from services.delivery.domain.failures import FolderMissing
from services.delivery.gateways.imap.answers import failure_of_folder
from services.delivery.gateways.imap.lines import Data, Literal, string
from services.delivery.gateways.imap.names import INBOX, NameNotPossible, Naming, decoded, encoded
from services.delivery.gateways.imap.session import Session
from services.delivery.gateways.imap.values import Malformed, Value, text

NO_MESSAGES = "\\NOSELECT"  #: the folder only holds folders
NOT_THERE = "\\NONEXISTENT"  #: there are folders in it, and not the folder itself (RFC 5258)


class Folders:
    """How folders are named at this server, and which are there."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._naming: Naming | None = None

    def name(self, folder: str) -> str:
        """The server's name of a folder of ours. Raises `FolderMissing` where it cannot have one."""
        return self._names(folder)[-1]

    def is_there(self, folder: str) -> bool:
        """Whether it is there and holds messages."""
        flags = self._flags(self.name(folder))
        return flags is not None and NO_MESSAGES not in flags

    def make(self, folder: str) -> bool:
        """Makes what is missing of it, and says whether anything was. Raises `CarryFailed`."""
        if self.is_there(folder):
            return False
        *outer, inner = self._names(folder)
        for name in outer:
            if self._flags(name) is None:
                self._create(folder, name)
        self._create(folder, inner)
        return True

    def _create(self, folder: str, name: str) -> None:
        answer = self._session.ask(b"CREATE", argument(name))
        if not answer.ok and answer.status.code != "ALREADYEXISTS" and self._flags(name) is None:
            raise failure_of_folder(folder, answer.status)
        self._session.ask(b"SUBSCRIBE", argument(name))  # refused or not: it only makes programs show the folder

    def _names(self, folder: str) -> tuple[str, ...]:
        try:
            return self._known_naming().names(folder)
        except NameNotPossible as error:
            raise FolderMissing(folder, str(error)) from error

    def _flags(self, name: str) -> frozenset[str] | None:
        """What is said of a folder; None where it is not there. Signs of it may be wildcards, so names are compared."""
        if name == INBOX:
            return frozenset()
        for flags, _, found in map(_listed, self._session.ask(b'LIST ""', argument(name)).all("LIST")):
            if unicodedata.normalize("NFC", found) == unicodedata.normalize("NFC", name) and NOT_THERE not in flags:
                return flags
        return None

    def _known_naming(self) -> Naming:
        if self._naming is None:
            self._naming = self._learned()
        return self._naming

    def _learned(self) -> Naming:
        separators = [separator for _, separator, _ in map(_listed, self._session.ask(b'LIST "" ""').all("LIST"))]
        naming = Naming(separator=separators[0] if separators else "/")
        if "NAMESPACE" not in self._session.capabilities:
            return naming
        for said in self._session.ask(b"NAMESPACE").all("NAMESPACE"):
            own, *others = [_prefixes(value) for value in said.values()]
            prefix, separator = own[0] if own else ("", naming.separator)
            return Naming(
                separator=separator,
                prefix=prefix,
                others=[other for each in (own[1:], *others) for other, _ in each if other],
            )
        return naming


def argument(name: str) -> bytes | Literal:
    """A folder's name in a command."""
    return string(encoded(name))


def _listed(data: Data) -> tuple[frozenset[str], str, str]:
    """Flags, separator and name of a folder."""
    match data.values():
        case [list() as flags, separator, bytes() as name, *_]:
            return frozenset(text(flag).upper() for flag in flags), text(separator), decoded(name)
    raise Malformed("a folder is listed in an unknown way")


def _prefixes(value: Value) -> list[tuple[str, str]]:
    """Prefix and separator of each namespace of a kind."""
    if not isinstance(value, list):
        return []
    return [
        (decoded(each[0]), text(each[1]))
        for each in value
        if isinstance(each, list) and len(each) > 1 and isinstance(each[0], bytes)
    ]
