"""A place is a 0700 folder of the server's user in the temporary folder, for when it cannot reach ours.

The way to it is recorded beside our own files. Anybody may write in the temporary folder, so what is found
there again is believed only if it is a real folder, of the right owner and mode, holding the token that only
our record knows. Whatever root writes in a place, it writes before it gives the place away, or below a folder
it holds open, never by name.
"""

import fcntl
import json
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chassis.embedded.account import Account
from chassis.embedded.errors import EmbeddedUnavailable

PREFIX = "backroom-"
MARK = ".place"  #: the file in a place that holds its token


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place that was found or made, held open."""

    path: Path
    handle: int  #: of the folder; its lock also keeps cleaners of the temporary folder away

    def close(self) -> None:
        os.close(self.handle)


def find_place(record: Path, account: Account, *, version: str) -> Place | None:
    """The recorded place, unless it is gone, unfinished, of another version, or no longer surely ours."""
    if not record.exists():
        return None
    written = json.loads(record.read_text())
    path = Path(written["path"])
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:  # gone (a restart of the machine), or not a folder, or a link, or private to somebody else
        return None
    if written["version"] == version and _is_ours(handle, account, written["token"]):
        fcntl.flock(handle, fcntl.LOCK_SH)
        return Place(path=path, handle=handle)
    os.close(handle)
    return None


def make_place(record: Path, account: Account, *, version: str, fill: Callable[[Path], None]) -> Place:
    """A new place, filled, then given to the account. Its record is written before it is filled."""
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_temporary_folder(account)))
    token = secrets.token_hex(16)
    write_private(record, json.dumps({"path": str(path), "token": token, "version": version}))
    fill(path)
    write_private(path / MARK, token)
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    fcntl.flock(handle, fcntl.LOCK_SH)
    os.fchown(handle, account.uid, account.gid)
    return Place(path=path, handle=handle)


def remove_place(record: Path, account: Account) -> None:
    """Delete the recorded place, if it is surely ours or one that we did not finish, and forget it."""
    if not record.exists():
        return
    written = json.loads(record.read_text())
    path = Path(written["path"])
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:  # gone, or somebody else's: not for us to delete
        handle = -1
    if handle != -1:
        unfinished = os.fstat(handle).st_uid == os.geteuid() and path.name.startswith(PREFIX)
        trusted = unfinished or _is_ours(handle, account, written["token"])
        os.close(handle)
        if trusted:
            shutil.rmtree(path)
    record.unlink()


def write_private(file: Path, text: str) -> None:
    """Write a 0600 file whole or not at all."""
    new = file.with_name(file.name + ".new")
    new.unlink(missing_ok=True)
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    new.replace(file)


def _is_ours(handle: int, account: Account, token: str) -> bool:
    folder = os.fstat(handle)
    if folder.st_uid != account.uid or stat.S_IMODE(folder.st_mode) != 0o700:
        return False
    try:
        file = os.open(MARK, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=handle)
    except OSError:  # an impostor has none, or a link
        return False
    with os.fdopen(file, "rb") as stream:
        about = os.fstat(stream.fileno())
        genuine = stat.S_ISREG(about.st_mode) and about.st_uid == os.geteuid()
        return genuine and secrets.compare_digest(stream.read(64), token.encode())


def _temporary_folder(account: Account) -> Path:
    """The system's temporary folder, or another usual one where the account cannot enter that one."""
    for candidate in dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp")):  # noqa: S108 - see the module's text
        folder = Path(candidate)
        if not folder.is_dir():
            continue
        mode = folder.stat().st_mode
        others_may_rename = mode & (stat.S_IWGRP | stat.S_IWOTH) and not mode & stat.S_ISVTX
        if not others_may_rename and account.reaches(folder):
            return folder
    raise EmbeddedUnavailable(
        f"the user {account.name} can enter no temporary folder;"
        " set TMPDIR to one (mode 1777), or run as an ordinary user"
    )
