"""How one file is written to an SFTP server: opened, written, synced, looked at, closed; every answer checked."""

from collections.abc import Callable, Generator, Iterable, Iterator

from services.delivery.application.far_ends import Arrived, Upload
from services.delivery.domain.failures import CarryFailed
from services.delivery.gateways.sftp.aside import FSYNC, Aside
from services.delivery.gateways.sftp.hashing import Hashing
from services.delivery.gateways.sftp.jobs import Ask, Command, Put, Settle, Sync, Tally
from services.delivery.gateways.sftp.wire import (
    NO_ATTRIBUTES,
    Answer,
    Asked,
    Code,
    Opened,
    ServerStatus,
    number,
    path,
    string,
)

TELL_EVERY = 8 << 20  #: bytes between two words on how far it is
SYNC_EVERY = 64 << 20  #: bytes between two syncs among the writes: none takes long, a broken file goes on from the last
#: How a server says that it lets nobody look at what was written; some take a file away at once.
NOT_TOLD = {Code.NO_SUCH_FILE, Code.PERMISSION_DENIED, Code.UNSUPPORTED}

Writing = Generator[Command, Answer, Arrived]


class Stopped(Exception):
    """Another file's failure has ended the batch."""


class Shrunk(Exception):
    """What an earlier try has left is shorter than it was."""


def write_file(
    name: str,
    upload: Upload,
    *,
    opened: Callable[[], None],
    piece: int,
    syncs: bool,
    aside: Callable[[], Aside | None],
    hashing: Hashing,
    stopping: Callable[[], bool],
) -> Writing:
    """The conversation; `opened` is told, and `aside` asked for, once the file is open.

    Raises `ServerStatus`, `Shrunk`, `Stopped`, and what the chunks raise.
    """
    flags = Opened.WRITE | Opened.CREATE | (0 if upload.start else Opened.TRUNCATE)
    handle = (yield Ask(Asked.OPEN, path(name) + number(flags) + NO_ATTRIBUTES)).handle()
    opened()
    try:
        if upload.start:
            found = (yield Ask(Asked.FSTAT, string(handle))).attributes()
            if found.size is None or found.size < upload.start:
                raise Shrunk
        yield from _write(handle, upload, piece, syncs, aside() if syncs else None, stopping)
        if syncs:
            synced = yield Ask(Asked.EXTENDED, string(FSYNC) + string(handle))
            if (refusal := synced.refusal) is not None and refusal.code != Code.UNSUPPORTED:
                raise refusal
        size = _size(upload, (yield Ask(Asked.FSTAT, string(handle))))
    except (ServerStatus, CarryFailed, Stopped, Shrunk):
        # The session goes on; after anything else it is over, and the handle with it.
        yield Ask(Asked.CLOSE, string(handle))
        raise
    (yield Ask(Asked.CLOSE, string(handle))).check()  # some servers say only now that the disk is full
    sha256 = None
    if size is not None and hashing.works:
        sha256 = yield from hashing.sha256(name)
    return Arrived(size_bytes=size, sha256=sha256)


def _write(
    handle: bytes, upload: Upload, piece: int, syncs: bool, aside: Aside | None, stopping: Callable[[], bool]
) -> Generator[Command, Answer, None]:
    tally = Tally(end=upload.start, synced=upload.start)
    told = asked = upload.start
    try:
        for data in pieces(upload.chunks, piece):
            yield Put(tally, handle, tally.end, data)
            if tally.refused is not None or stopping():
                break
            if aside is not None and aside.works:
                aside.look(tally)
            elif syncs and tally.end - asked >= SYNC_EVERY:
                asked = tally.end
                yield Sync(tally, string(FSYNC) + string(handle))
            known = tally.synced if syncs else tally.prefix
            if known - told >= TELL_EVERY and tally.refused is None:
                told = known
                upload.written(known)
    except CarryFailed:
        yield Settle(tally)
        raise
    yield Settle(tally)
    if aside is not None:
        aside.close()
    if tally.refused is not None:
        raise tally.refused
    if stopping():
        raise Stopped


def _size(upload: Upload, answer: Answer) -> int | None:
    """What the server tells of the length, where it tells one."""
    refusal = answer.refusal
    if refusal is None:
        return answer.attributes().size
    if refusal.code in NOT_TOLD:
        return None
    raise refusal


def pieces(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes in pieces of this size, the last one shorter."""
    kept: list[bytes] = []
    held = 0
    for chunk in chunks:
        start = 0
        while len(chunk) - start + held >= size:
            cut = start + size - held
            yield b"".join([*kept, chunk[start:cut]]) if kept else chunk[start:cut]
            kept.clear()
            held, start = 0, cut
        if start < len(chunk):
            kept.append(chunk[start:] if start else chunk)
            held += len(chunk) - start
    if kept:
        yield b"".join(kept)
