"""What an IMAP server's refusal means: its code (RFC 5530, 7889, 9208) where it gives one, else its words."""

from services.delivery.domain.destinations import Imap
from services.delivery.domain.failures import (
    CarryFailed,
    ConnectionLost,
    ConnectionRefused,
    DiskFull,
    FolderMissing,
    NoPermission,
    NotAnImapServer,
    NotLoggedIn,
    Phase,
    TimedOut,
)
from services.delivery.domain.file_failures import RefusedByServer
from services.delivery.gateways.imap.lines import Status
from services.delivery.gateways.imap.wire import Bye, Ended, NotImap, Silent, WireFailed

FULL = ("quota", "no space", "disk full", "disk is full", "out of space", "mailbox is full", "mailbox full")
FORBIDDEN = ("permission denied", "access denied", "not permitted", "read-only", "no permission")
#: Codes that say the server, not the account or the file, is in trouble.
AWAY = frozenset({"UNAVAILABLE", "INUSE", "SERVERBUG", "CONTACTADMIN", "LIMIT"})


def failure_of_answer(folder: str, status: Status, file_name: str = "") -> CarryFailed:
    """The failure that a refusal of a folder, or of a file for it, stands for."""
    words = status.text.lower()
    match status.code:
        case "OVERQUOTA":
            return DiskFull(folder, status.words)
        case "NOPERM" | "READ-ONLY":
            return NoPermission(folder, status.words)
        case "TRYCREATE" | "NONEXISTENT":
            return FolderMissing(folder, status.words)
        case "TOOBIG" | "LIMIT":
            return RefusedByServer(file_name or folder, status.words)
    if any(sign in words for sign in FULL):
        return DiskFull(folder, status.words)
    if any(sign in words for sign in FORBIDDEN):
        return NoPermission(folder, status.words)
    return RefusedByServer(file_name or folder, status.words)


def failure_of_folder(folder: str, status: Status) -> CarryFailed:
    """The same, where a folder could not be made or opened: then nothing can be sent at all."""
    failure = failure_of_answer(folder, status)
    return FolderMissing(folder, status.words) if isinstance(failure, RefusedByServer) else failure


def failure_of_login(imap: Imap, status: Status) -> CarryFailed:
    """The failure that a refused login stands for. A server in trouble says nothing about the password."""
    words = imap.login.hidden_in(status.words)
    if status.code in AWAY:
        return ConnectionRefused(imap.host, imap.port, words)
    if status.code == "PRIVACYREQUIRED":
        return NotLoggedIn(imap.user_name, imap.host, f"{words} (only under TLS)")
    return NotLoggedIn(imap.user_name, imap.host, words)


def failure_of_wire(imap: Imap, step: Phase, error: WireFailed) -> CarryFailed:
    """The failure that an end of the conversation stands for; `step` is a phase of the session."""
    match error:
        case Silent():
            return TimedOut(imap.host, imap.port, step)
        case NotImap():
            return NotAnImapServer(imap.host, imap.port, str(error))
        case Bye(status=status) if step == "greeting":
            return ConnectionRefused(imap.host, imap.port, status.words)
        case Bye(status=status):
            return ConnectionLost(imap.host, imap.port, status.words)
        case Ended():
            return ConnectionLost(imap.host, imap.port, str(error) or "no reason given")
    raise TypeError(f"{type(error).__name__} has no failure")
