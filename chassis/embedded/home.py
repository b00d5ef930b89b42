"""Home is where one embedded server lives: folder, data, secret, log, and the lock that makes it ours."""

import fcntl
import logging
import os
import secrets
import shutil
import stat
from pathlib import Path

from chassis.embedded.account import Account
from chassis.embedded.errors import EmbeddedUnavailable, FolderInUse, FolderRefused
from chassis.embedded.place import Place, find_place, make_place, remove_place, write_private
from chassis.embedded.programs import Programs

logger = logging.getLogger(__name__)

LOG_BOUND = 16 * 1024 * 1024  #: bytes; a longer log is set aside at the next start
NOT_COPIED = shutil.ignore_patterns("*.a", "doc", "locale", "pgxs", "pkgconfig", "__pycache__")


class Home:
    """The folder of one embedded server, locked by this process until closed.

    folder/lock        who runs it now
    folder/password    0600, ours
    folder/server.log  what the server says
    folder/data        the server's own, unless its user cannot come here: then a place, noted in data.place
    """

    def __init__(self, folder: Path, account: Account, programs: Programs) -> None:
        self.folder = folder.resolve()  # as the system shows the data folder of a running server
        self._account = account
        self.programs = programs
        self._places: list[Place] = []
        self._make_folder()
        self._lock = self._take_lock()
        try:
            self.base, self._base_handle = self._find_base()
            self.bin = self._find_programs()
        except BaseException:
            self.close()
            raise

    @property
    def data(self) -> Path:
        """The data folder; it exists once it is whole."""
        return self.base / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def close(self) -> None:
        """Let another process have the folder."""
        for place in self._places:
            place.close()
        self._places.clear()
        if self._lock != -1:
            os.close(self._lock)
            self._lock = -1

    def remove(self) -> None:
        """Delete everything; the server has ended."""
        for name in ("data.place", "programs.place"):
            remove_place(self.folder / name, self._account)
        self.close()
        shutil.rmtree(self.folder)

    def password(self) -> str:
        """The server's password, made when there is none. Safe in a URL as it is."""
        file = self.folder / "password"
        if not file.exists():
            write_private(file, secrets.token_hex(24))
        return file.read_text()

    def open_log(self) -> int:
        """A handle that the server writes its log to; it never gets our own output."""
        if self.log.exists() and self.log.stat().st_size > LOG_BOUND:
            self.log.replace(self.log.with_name("server.log.1"))
        return os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)

    def end_of_log(self, start: int, lines: int = 12) -> str:
        """What the log says since that position, at its end."""
        with self.log.open("rb") as stream:
            stream.seek(start)
            return "\n".join(stream.read().decode(errors="replace").splitlines()[-lines:])

    def make_data(self, name: str) -> Path:
        """An empty 0700 folder of the server's user beside the data; an earlier attempt's goes."""
        if (self.base / name).exists():
            shutil.rmtree(name, dir_fd=self._base_handle)
        os.mkdir(name, 0o700, dir_fd=self._base_handle)
        if self._account.other:
            handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=self._base_handle)
            if os.fstat(handle).st_uid == os.geteuid():  # otherwise somebody was faster: the server will refuse it
                os.fchown(handle, self._account.uid, self._account.gid)
            os.close(handle)
        return self.base / name

    def data_is_whole(self, name: str) -> None:
        """The folder made under that name becomes the data: whole or not at all."""
        os.rename(name, "data", src_dir_fd=self._base_handle, dst_dir_fd=self._base_handle)
        os.fsync(self._base_handle)

    def _make_folder(self) -> None:
        try:
            if not self.folder.exists():
                self.folder.mkdir(parents=True)
                # As root the server's user passes through to its data; what is private here is so by its own
                # mode.
                self.folder.chmod(0o711 if self._account.other else 0o700)
            about = self.folder.stat()
        except PermissionError as error:
            raise FolderRefused(self.folder, f"{error.strerror}; run as its owner, or use another folder") from error
        if about.st_uid != os.geteuid():
            raise FolderRefused(self.folder, f"belongs to user {about.st_uid}; run as that user, or use another folder")
        if about.st_mode & stat.S_IWOTH:
            raise FolderRefused(self.folder, "everybody may write there; chmod o-w, or use another folder")

    def _take_lock(self) -> int:
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            # Ends with our process, whatever ends it: a server found running under a free lock has lost its
            # parent.
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 32, 0).decode()
            os.close(handle)
            raise FolderInUse(self.folder, holder) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        return handle

    def _find_base(self) -> tuple[Path, int]:
        record = self.folder / "data.place"
        place = find_place(record, self._account, version="1")
        if place is None and not self._account.reaches(self.folder):
            if (self.folder / "data").exists():
                raise FolderRefused(
                    self.folder / "data",
                    f"the user {self._account.name} can no longer come here;"
                    " give back the folders above their mode, or remove it to begin with an empty server",
                )
            if record.exists():
                logger.warning("%s: the data it records is gone; beginning with an empty server", record)
                remove_place(record, self._account)
            place = make_place(record, self._account, version="1", fill=lambda _: None)
        if place is not None:
            self._places.append(place)
            return place.path, place.handle
        here = Place(path=self.folder, handle=os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        self._places.append(here)
        return here.path, here.handle

    def _find_programs(self) -> Path:
        programs = self.programs
        server = programs.path(programs.server)
        if self._account.reaches(Path("/"), program=server, readable=programs.root / programs.probe):
            return programs.root / programs.folder
        record = self.folder / "programs.place"
        place = find_place(record, self._account, version=programs.version)
        if place is None:
            remove_place(record, self._account)
            place = make_place(record, self._account, version=programs.version, fill=self._copy_programs)
        self._places.append(place)
        copy = place.path / programs.folder / programs.server
        if not self._account.reaches(place.path, program=copy, readable=place.path / programs.probe):
            raise EmbeddedUnavailable(
                f"the user {self._account.name} cannot run {copy}: its file system may forbid programs;"
                " set TMPDIR to a folder that allows them, or run as an ordinary user"
            )
        return place.path / programs.folder

    def _copy_programs(self, to: Path) -> None:
        for name in self.programs.needed:
            source, target = self.programs.root / name, to / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=NOT_COPIED)
            else:
                shutil.copy2(source, target)
        for path in to.rglob(
            "*"
        ):  # readable to the user even where the wheel was installed privately; the top stays 0700
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044))
