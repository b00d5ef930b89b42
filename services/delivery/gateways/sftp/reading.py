"""Reads one file of an SFTP server in order, asking ahead of need, in bounded memory; every answer is checked."""

from collections import deque
from collections.abc import Iterator

from services.delivery.domain.file_failures import NotVerified, RefusedByServer
from services.delivery.gateways.sftp.session import Session
from services.delivery.gateways.sftp.wire import DATA, Answer, Asked, Code, Garbled, long, number, string

AHEAD = 2 << 20  #: bytes asked for before they are needed, and kept at most


class Reading:
    """One file, read in order, asked for ahead."""

    def __init__(self, session: Session, handle: bytes, full: str) -> None:
        self._session = session
        self._handle = handle
        self._full = full
        self._under_way = 0
        self.received = 0

    def pieces(self, name: str, size: int | None) -> Iterator[bytes]:
        """Raises `NotVerified` where the file ends before `size`."""
        asked = 0
        pending: deque[tuple[int, list[Answer]]] = deque()  #: how much was asked for, and the answer once it is there
        while size is None or self.received < size:
            while (size is None and not pending) or (size is not None and asked < min(size, self.received + AHEAD)):
                length = self._session.read_size if size is None else min(self._session.read_size, size - asked)
                pending.append((length, self._ask(asked, length)))
                asked += length
            length, answers = pending.popleft()
            self._wait(answers)
            data = self._data(answers[0], length)
            while data and len(data) < length and size is not None:  # a server may answer with less than was asked for
                rest = self._data(self._now(self.received + len(data), length - len(data)), length - len(data))
                if not rest:
                    break
                data += rest
            if size is None and not data:
                return
            if size is not None and len(data) < length:
                raise NotVerified(name, size, self.received + len(data))
            self.received += len(data)
            asked = self.received if size is None else asked
            yield data

    def settle(self) -> None:
        """Reads the answers that are still to come: they must not meet the next file's requests."""
        while self._under_way:
            self._session.pump()

    def _ask(self, offset: int, length: int) -> list[Answer]:
        answers: list[Answer] = []

        def answered(answer: Answer) -> None:
            self._under_way -= 1
            answers.append(answer)

        self._under_way += 1
        self._session.post(Asked.READ, string(self._handle) + long(offset) + number(length), answered)
        return answers

    def _now(self, offset: int, length: int) -> Answer:
        answers = self._ask(offset, length)
        self._wait(answers)
        return answers[0]

    def _wait(self, answers: list[Answer]) -> None:
        while not answers:
            self._session.pump()

    def _data(self, answer: Answer, length: int) -> bytes:
        """Empty at the end of the file."""
        refusal = answer.refusal
        if refusal is None:
            data = answer.read(DATA).string()
            if len(data) > length:
                raise Garbled("more bytes than were asked for")
            return data
        if refusal.code == Code.EOF:
            return b""
        raise RefusedByServer(self._full, refusal.answer)
