"""Many small conversations over one SFTP session at once, each written as if it were alone."""

from collections import deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field

from services.delivery.gateways.sftp.session import Session
from services.delivery.gateways.sftp.wire import STATUS, Answer, Asked, Code, ServerStatus, long, string

WINDOW = 4 << 20  #: bytes under way; hides a round trip of 50 ms at 80 MB/s
MOST_UNDER_WAY = 512  #: requests without an answer
NOTHING = Answer(STATUS, b"\0\0\0\0")  #: what a command is answered that waits for no answer


@dataclass(slots=True)
class Tally:
    """The writes of one file whose answers have not come yet."""

    under_way: dict[int, int] = field(default_factory=dict)  #: by their number, in their order: where each begins
    posted: int = 0  #: how many there were
    end: int = 0  #: where the last one ends
    refused: ServerStatus | None = None  #: the first refusal
    synced: int = 0  #: up to where the server has the file on its disk
    job: "_Running | None" = None  #: waits for the last answer

    @property
    def prefix(self) -> int:
        """Up to where every byte was acknowledged, as long as nothing was refused."""
        return next(iter(self.under_way.values()), self.end)


@dataclass(frozen=True, slots=True)
class Ask:
    """Answered with the server's answer."""

    kind: Asked
    body: bytes


@dataclass(frozen=True, slots=True)
class Put:
    """A write that is not waited for; its answer is counted in the tally."""

    tally: Tally
    handle: bytes
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Sync:
    """Like `Put`, asks the server to bring what was written so far onto its disk."""

    tally: Tally
    body: bytes


@dataclass(frozen=True, slots=True)
class Settle:
    """Answered once the tally has nothing under way."""

    tally: Tally


Command = Ask | Put | Sync | Settle
Job = Generator[Command, Answer, None]


class _Running:
    """A job and what it is told next."""

    __slots__ = ("answer", "job")

    def __init__(self, job: Job) -> None:
        self.job = job
        self.answer: Answer | None = None  #: None: it has not begun


class Jobs:
    """Runs jobs over a session, at most `at_once` together."""

    def __init__(self, session: Session, at_once: int) -> None:
        self._session = session
        self._at_once = at_once
        self._ready: deque[_Running] = deque()
        self._bytes = 0
        self._alive = 0

    def run(self, jobs: Iterable[Job]) -> None:
        """Returns once all have ended. What a job raises ends the session: others may be in the middle."""
        fresh = iter(jobs)
        more = True
        while True:
            while more and self._alive < self._at_once:
                job = next(fresh, None)
                if job is None:
                    more = False
                    break
                self._alive += 1
                self._ready.append(_Running(job))
            if not self._alive:
                return
            while self._ready and self._has_room():
                self._step(self._ready.popleft())
            if self._session.under_way and not (self._ready and self._has_room()):
                self._session.pump()

    def _has_room(self) -> bool:
        return self._bytes < WINDOW and self._session.under_way < MOST_UNDER_WAY

    def _step(self, running: _Running) -> None:
        try:
            command = next(running.job) if running.answer is None else running.job.send(running.answer)
        except StopIteration:
            self._alive -= 1
            return
        match command:
            case Ask(kind, body):

                def answered(answer: Answer) -> None:
                    running.answer = answer
                    self._ready.append(running)

                self._session.post(kind, body, answered)
            case Put(tally, handle, offset, data):
                self._put(tally, handle, offset, data)
                self._go_on(running)
            case Sync(tally, body):
                self._sync(tally, body)
                self._go_on(running)
            case Settle(tally):
                if tally.under_way:
                    tally.job = running
                else:
                    self._go_on(running)

    def _go_on(self, running: _Running) -> None:
        running.answer = NOTHING
        self._ready.append(running)

    def _put(self, tally: Tally, handle: bytes, offset: int, data: bytes) -> None:
        number, size = self._count(tally, offset), len(data)
        tally.end = offset + size
        self._bytes += size

        def answered(answer: Answer) -> None:
            self._bytes -= size
            self._take(tally, number, answer)

        body = string(handle) + long(offset) + size.to_bytes(4, "big")
        self._session.post(Asked.WRITE, body, answered, data)

    def _sync(self, tally: Tally, body: bytes) -> None:
        end = tally.end
        number = self._count(tally, end)

        def answered(answer: Answer) -> None:
            refusal = answer.refusal
            if refusal is not None and refusal.code == Code.UNSUPPORTED:
                answer = NOTHING  # it was named and cannot be done: the server's own disk is its own business
            self._take(tally, number, answer)
            if refusal is None and tally.refused is None and tally.prefix >= end:
                tally.synced = end

        self._session.post(Asked.EXTENDED, body, answered)

    def _count(self, tally: Tally, offset: int) -> int:
        tally.posted += 1
        tally.under_way[tally.posted] = offset
        return tally.posted

    def _take(self, tally: Tally, number: int, answer: Answer) -> None:
        del tally.under_way[number]
        if tally.refused is None:
            tally.refused = answer.refusal
        if tally.refused is None and answer.kind != STATUS:
            tally.refused = ServerStatus(Code.FAILURE, f"answer {answer.kind}")
        if tally.job is not None and not tally.under_way:
            waiting, tally.job = tally.job, None
            self._go_on(waiting)
