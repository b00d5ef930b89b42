"""How one file of an SFTP server gets its name, and what the server's answer says of it.

"No such file" counts as an answer only where nothing contradicts it: whoever asked takes it for "delivered before".
"""

import posixpath
from collections.abc import Generator

from services.delivery.domain.failures import CannotRename, CarryFailed, FolderMissing
from services.delivery.domain.file_failures import AlreadyThere, RefusedByServer, TemporaryMissing
from services.delivery.gateways.sftp.answers import failure_of_answer
from services.delivery.gateways.sftp.jobs import Ask, Command
from services.delivery.gateways.sftp.wire import Answer, Asked, Code, ServerStatus, path, string

POSIX_RENAME = b"posix-rename@openssh.com"

Renaming = Generator[Command, Answer, CarryFailed | None]


class Names:
    """The full names of one renaming, and the folder it ends in."""

    def __init__(self, folder: str, source: str, target: str) -> None:
        self.folder = folder or "."
        self.source, self.target = source, target

    @property
    def name(self) -> str:
        """Before, without folder."""
        return posixpath.basename(self.source)

    @property
    def new_name(self) -> str:
        """Afterwards, without folder."""
        return posixpath.basename(self.target)


def replace(names: Names, *, posix: bool) -> Renaming:
    """In the place of what bears the name: in one step where the server can, else that is removed first."""
    if posix:
        body = string(POSIX_RENAME) + path(names.source) + path(names.target)
        refusal = (yield Ask(Asked.EXTENDED, body)).refusal
        if refusal is None:
            return None
        if refusal.code != Code.UNSUPPORTED:
            return (yield from _explained(names, refusal))
    refusal = yield from _rename(names)
    if refusal is None:
        return None
    if refusal.code in {Code.NO_SUCH_FILE, Code.UNSUPPORTED, Code.PERMISSION_DENIED}:
        return (yield from _explained(names, refusal))
    # What bears the name is removed only once the temporary has been seen: a repeat after a lost answer must never
    # remove what it has delivered.
    source = yield from _seen(names.source)
    target = yield from _seen(names.target)
    if source is None and target is not None:
        return TemporaryMissing(names.name)
    if source is None or target is None:  # it hides what is there, or nothing bears the name: it is about another thing
        return _other(names, refusal)
    removal = (yield Ask(Asked.REMOVE, path(names.target))).refusal
    if removal is not None and removal.code != Code.NO_SUCH_FILE:
        return _other(names, removal)
    again = yield from _rename(names)
    return None if again is None else _other(names, again)


def add(names: Names) -> Renaming:
    """Only where nothing bears the name. Some servers would overwrite it, so it is looked for first."""
    if (yield from _seen(names.target)) is not None:
        return (yield from _taken(names))
    refusal = yield from _rename(names)
    if refusal is None:
        return None
    if refusal.code not in {Code.NO_SUCH_FILE, Code.UNSUPPORTED} and (yield from _seen(names.target)) is not None:
        return (yield from _taken(names))  # somebody else was quicker
    return (yield from _explained(names, refusal))


def _taken(names: Names) -> Renaming:
    if (yield from _seen(names.source)) is None:
        return TemporaryMissing(names.name)
    return AlreadyThere(names.new_name)


def _explained(names: Names, refusal: ServerStatus) -> Renaming:
    if refusal.code != Code.NO_SUCH_FILE:
        return _other(names, refusal)
    if (yield from _seen(names.source)) is not None:
        return RefusedByServer(names.target, refusal.answer)  # it is there: the server means something else
    folder = (yield Ask(Asked.STAT, path(names.folder))).refusal
    if folder is not None and folder.code == Code.NO_SUCH_FILE:
        return FolderMissing(names.folder, folder.answer)
    return TemporaryMissing(names.name)


def _other(names: Names, refusal: ServerStatus) -> CarryFailed:
    match refusal.code:
        case Code.UNSUPPORTED:
            return CannotRename(names.target, refusal.answer)
        case Code.PERMISSION_DENIED:  # the folder has just taken the file: it is about this name
            return RefusedByServer(names.target, refusal.answer)
        case _:
            return failure_of_answer(names.target, refusal)


def _rename(names: Names) -> Generator[Command, Answer, ServerStatus | None]:
    return (yield Ask(Asked.RENAME, path(names.source) + path(names.target))).refusal


def _seen(name: str) -> Generator[Command, Answer, Answer | None]:
    """What the server tells of a name; None where it says nothing."""
    answer = yield Ask(Asked.LSTAT, path(name))
    return None if answer.refusal is not None else answer
