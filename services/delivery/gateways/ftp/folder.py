"""A folder of an FTP server, over one control connection: what writing and fetching both need."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from services.delivery.domain.destinations import Ftp
from services.delivery.domain.failures import CarryFailed, DiskFull, FileFailed, FolderMissing, NoPermission
from services.delivery.gateways.ftp.answers import DENIED, FULL, MISSING, Answer, FtpRefusal, failure_of_answer
from services.delivery.gateways.ftp.client import FtpClient
from services.delivery.gateways.ftp.listing import facts_of, length

IDLE = 20.0  #: seconds without a word after which the connection is asked whether it is still there
NOT_TOLD = -1  #: the length of what is no file, or has none that is told


class FtpFolder:
    """The folder of one destination. The server is told once where we are; then names stand alone."""

    def __init__(self, ftp: Ftp, connect: Callable[[], FtpClient]) -> None:
        self.ftp = ftp
        self._connect = connect
        self._client = connect()
        self._inside = not ftp.folder

    @property
    def path(self) -> str:
        """As people know it."""
        return self.ftp.folder or "."

    def client(self) -> FtpClient:
        """The connection, made anew where it has ended while nothing was under way."""
        client = self._client
        if not client.alive or (client.idle > IDLE and not client.still_answers()):
            client.close()
            self._client = self._connect()
            self._inside = not self.ftp.folder
        return self._client

    def entered(self) -> FtpClient:
        """The connection, in the folder. Raises `FolderMissing`."""
        client = self.client()
        if not self._inside:
            answer = client.ask("CWD", self.ftp.folder)
            if not answer.good:
                raise self.no_folder(answer)
            self._inside = True
        return client

    def enter(self, *, make: bool) -> bool:
        """Goes there, part by part where it is missing and may be made; answers whether it was made."""
        client = self.client()
        if self._inside:
            return False
        answer = client.ask("CWD", self.ftp.folder)
        if answer.good:
            self._inside = True
            return False
        failure = self.no_folder(answer)
        if not make or not isinstance(failure, FolderMissing):
            raise failure
        if self.ftp.folder.startswith("/"):
            client.ask("CWD", "/")
        for part in filter(None, self.ftp.folder.split("/")):
            if not client.ask("CWD", part).good:
                made = client.ask("MKD", part)
                if not client.ask("CWD", part).good:  # where it can be entered now, somebody else may have made it
                    raise self.no_folder(made)
        self._inside = True
        return True

    def no_folder(self, answer: Answer) -> CarryFailed:
        """Why it cannot be entered or made."""
        if answer.says(FULL):
            return DiskFull(self.path, answer.text)
        if answer.says(DENIED) and not answer.says(MISSING):
            return NoPermission(self.path, answer.text)
        failure = failure_of_answer(self.ftp, self.path, answer)
        return FolderMissing(self.path, answer.text) if isinstance(failure, FileFailed) else failure

    def size(self, name: str) -> int | None:
        """How long a file is; `NOT_TOLD` for what is no file or has no length that is told; None: there is nothing."""
        client = self.entered()
        answer = client.ask("SIZE", name)
        told = length(answer.lines[0].strip()) if answer.code == 213 else None
        if told is not None:
            return told
        if client.has("MLST"):
            answer = client.ask("MLST", name)
            if answer.good and len(answer.lines) > 1:
                facts, _ = facts_of(answer.lines[1].lstrip(" "))
                told = length(facts.get("size", "")) if facts.get("type", "").lower() == "file" else None
                return NOT_TOLD if told is None else told
        return NOT_TOLD if self.bears(name) else None

    def bears(self, name: str) -> bool:
        """Whether there is anything of that name. RNFR looks, and nothing comes of it."""
        return self.entered().ask("RNFR", name).code // 100 == 3

    def named(self, name: str) -> str:
        """The path of a file in it, as people know it."""
        return f"{self.ftp.folder.rstrip('/')}/{name}" if self.ftp.folder else name

    def failure(self, name: str, answer: Answer) -> CarryFailed:
        """What an answer means that is about a file in it."""
        return failure_of_answer(self.ftp, self.named(name), answer)

    @contextmanager
    def errors(self, name: str) -> Iterator[None]:
        """Turns refusals into failures of ours."""
        try:
            yield
        except FtpRefusal as error:
            raise self.failure(name, error.answer) from error

    def end(self) -> None:
        """Takes leave."""
        self._client.quit()
