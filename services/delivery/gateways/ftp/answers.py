"""What an FTP server's answers mean: a code says little, so the words are read too, in French and English."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.delivery.domain.destinations import Ftp
from services.delivery.domain.failures import (
    CarryFailed,
    ConnectionLost,
    ConnectionRefused,
    DiskFull,
    FolderMissing,
    NoPermission,
    NotLoggedIn,
    TlsRefused,
)
from services.delivery.domain.file_failures import RefusedByServer

MOST_WORDS = 200  #: characters of an answer that are told on

MISSING = (
    "no such", "not found", "cannot find", "can't find", "not exist", "n'existe pas", "introuvable", "aucun fichier",
    "not a directory", "n'est pas un dossier", "n'est pas un répertoire",
)  # fmt: skip
DENIED = (
    "permission", "denied", "privilege", "not allowed", "not permitted", "forbidden", "read-only", "read only",
    "unauthorized", "not authorized", "refusé", "autoris", "interdit", "lecture seule", "droits",
)  # fmt: skip
FULL = (
    "no space", "disk full", "quota", "enough space", "out of space", "insufficient", "storage allocation",
    "insuffisant", "disque plein", "plus d'espace", "plus de place",
)  # fmt: skip
TAKEN = ("exists", "already exist", "existe déjà", "déjà exist", "file exist")
UNKNOWN_COMMAND = frozenset({500, 502})
NOT_TAKEN = frozenset({450, 550, 553})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A server's answer."""

    code: int  #: three digits
    lines: Sequence[str]  #: its text, without the code

    @property
    def text(self) -> str:
        """Its words in one short line, as the seed shows them: `(530) Non connecté`."""
        words = " ".join(" ".join(self.lines).split())
        shown = "".join(letter for letter in words if letter.isprintable())
        return f"({self.code}) {shown}".strip()[:MOST_WORDS]

    @property
    def good(self) -> bool:
        """Done."""
        return self.code // 100 == 2

    @property
    def unknown(self) -> bool:
        """The server does not know the command."""
        return self.code in UNKNOWN_COMMAND

    @property
    def not_taken(self) -> bool:
        """The file is as it was (RFC 959 4.2). Of a disk that fills up in the middle some say this as well."""
        return self.code in NOT_TAKEN and not self.says(FULL)

    def says(self, signs: Sequence[str]) -> bool:
        """Whether one of these stands in its words."""
        words = self.text.lower()
        return any(sign in words for sign in signs)


class FtpRefusal(Exception):
    """The server refused a command, in its own words."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.text)
        self.answer = answer


def failure_of_answer(ftp: Ftp, path: str, answer: Answer) -> CarryFailed:
    """The failure that an answer stands for, about a path of the server."""
    text = answer.text
    match answer.code:
        case 426 if answer.says(FULL):
            return DiskFull(path, text)
        case 421 | 426:
            return ConnectionLost(ftp.host, ftp.port, text)
        case 425:
            return ConnectionRefused(ftp.host, ftp.port, text)
        case 430 | 530:
            return NotLoggedIn(ftp.user_name, ftp.host, text)
        case 521 | 522 | 533 | 534 | 535 | 536:
            return TlsRefused(ftp.host, ftp.port, text)
        case 452 | 552:
            return DiskFull(path, text)
        case 532:
            return NoPermission(path, text)
        case 450 | 451 | 550 | 553:
            return _by_words(ftp, path, answer)
        case _:
            return RefusedByServer(path, text)


def _by_words(ftp: Ftp, path: str, answer: Answer) -> CarryFailed:
    if answer.says(FULL):
        return DiskFull(path, answer.text)
    if answer.says(MISSING):
        return FolderMissing(ftp.folder or "/", answer.text)
    if answer.says(DENIED) and answer.code != 450:  # 450: the file is busy, which Windows calls an access denied
        return NoPermission(path, answer.text)
    return RefusedByServer(path, answer.text)
