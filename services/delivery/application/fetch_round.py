"""One fetch over an open source: look, look again, bring here, send on, wait, remember, take away."""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.delivery.application.far_ends import Offered, Source
from services.delivery.application.fetch_ledger import FetchLedger
from services.delivery.application.fetch_ports import Consumer, Disk, Lying
from services.delivery.domain.failures import CarryFailed, FarEndFailed, FileFailed
from services.delivery.domain.fetching import (
    AfterCommit,
    Chosen,
    FetchedFile,
    FetchOrder,
    Waiting,
    by_key,
    choose,
    fetched_id,
    is_believed,
    together,
    unchanged,
)

#: So old may the look be by which a file is taken away, however long files have to be stable: what is written over one
#: in between would go with it.
LATEST_LOOK = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchEnd:
    """The bytes of a file are all sent; now the consumer settles it."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchDone:
    """What became of a settled file at its source."""

    file: UUID
    cleared: bool
    message: str = ""  #: why not


Part = FetchedFile | bytes | FetchEnd | FetchDone


@dataclass(slots=True, kw_only=True)
class FetchRound:
    """The state of one fetch."""

    order: FetchOrder
    source: Source
    ledger: FetchLedger
    disk: Disk
    consumer: Consumer
    still_ours: Callable[[], None]  #: raises once another may fetch there
    elapsed: Callable[[], float]
    _there: frozenset[Offered] = field(init=False)  #: when it was last looked
    _seen_at: float = field(init=False)
    _waiting: Waiting = field(init=False)
    _untold: FileFailed | None = field(init=False, default=None)  #: the first that nobody has heard of

    def parts(self) -> Iterator[Part]:
        """What is sent. A failure of one file does not stop the others; it is raised at the end."""
        first = self._look()
        self._waiting = Waiting(first)
        if first.misnamed:
            self.ledger.misnamed(first.misnamed)
        fresh, started = self._fresh(first.files)
        if fresh and self.source.settles:
            self.consumer.rest(self.order.stable)
            fresh = unchanged(fresh, self._look().files)
        left = self.order.most
        while fresh and left:
            group = together(fresh, left)
            fresh = fresh[len(group) :]
            for part in self._carry(group, started):
                left -= isinstance(part, FetchEnd)
                yield part
        if self._untold is not None:
            raise self._untold

    def _look(self) -> Chosen[Offered]:
        self.consumer.check()
        self._seen_at = self.elapsed()
        chosen = choose(self.source.offered(), self.order.pattern)
        self._there = frozenset(chosen.files)
        return chosen

    def _fresh(self, files: Sequence[Offered]) -> tuple[Sequence[Offered], datetime]:
        """Those that have to be looked into; the others are what was committed, and are taken away."""
        known, started = self.ledger.known(files)
        known_by_key = by_key(known)
        fresh, believed = [], []
        for each in files:
            remembered = known_by_key.get(each.key)
            if remembered is not None and is_believed(
                remembered, each, settles=self.source.settles, after_commit=self.order.after_commit
            ):
                believed.append(remembered)
                self._clear_silently(each)
            else:
                fresh.append(each)
        if believed:
            self.ledger.renew(believed)
        return fresh, started

    def _carry(self, group: Sequence[Offered], started: datetime) -> Iterator[Part]:
        """Brings some files here, and sends them on one after another."""
        self.still_ours()
        self.ledger.check_mode()
        with ExitStack() as held:
            brought = self._bring(group, held)
            files = {
                each.key: FetchedFile(
                    id=fetched_id(self.ledger.destination.key, each.name, lying.sha256),
                    destination=self.order.destination,
                    file_name=each.name,
                    source_key=each.key,
                    size_bytes=lying.size_bytes,
                    sha256=lying.sha256,
                    modify_time=each.modify_time,
                    seen_time=started,
                )
                for each, lying in brought
            }
            committed = self.ledger.committed([file.sha256 for file in files.values()]) if files else set()
            doubles = {key: file for key, file in files.items() if file.sha256 in committed}
            if doubles:
                self.ledger.remember(list(doubles.values()))
            for each, lying in brought:
                file = files[each.key]
                if file.sha256 in committed:
                    if each.key not in doubles:  # its content was committed a moment ago, under another name
                        self.ledger.remember([file])
                    self._clear_silently(each)
                    continue
                yield file
                yield from lying.read()
                yield FetchEnd(size_bytes=file.size_bytes, sha256=file.sha256)
                lying.close()
                if self.consumer.settled(file.id):
                    self.ledger.commit(file)
                    committed.add(file.sha256)
                    yield self._cleared(file, each)
                else:
                    yield FetchDone(file=file.id, cleared=False, message=self.ledger.kept())

    def _bring(self, group: Sequence[Offered], held: ExitStack) -> Sequence[tuple[Offered, Lying]]:
        """The files with their bytes, without those that changed meanwhile: the next fetch takes them."""
        brought: list[tuple[Offered, Lying]] = []
        failed: list[tuple[Offered, FileFailed]] = []
        for each in group:
            try:
                with drawn(self._bytes(each)) as chunks:
                    lying = self.disk.receive(each.size_bytes, chunks)
            except FileFailed as error:
                failed.append((each, error))
                continue
            held.callback(lying.close)
            if each.size_bytes in {None, lying.size_bytes}:
                brought.append((each, lying))
        if self.source.settles:
            still = set(unchanged(group, self._look().files))
            brought = [pair for pair in brought if pair[0] in still]
            failed = [pair for pair in failed if pair[0] in still]
        for each, failure in failed:
            self.ledger.not_read(each, failure)
            self._untold = self._untold or failure
        return brought

    def _bytes(self, offered: Offered) -> Iterator[bytes]:
        with drawn(self.source.read(offered)) as chunks:
            for chunk in chunks:
                self.consumer.check()
                yield chunk

    def _cleared(self, file: FetchedFile, offered: Offered) -> FetchDone:
        """What the consumer is told of its committed file."""
        try:
            why_not = self._clear(offered)
        except CarryFailed as error:
            why_not = self.ledger.not_cleared(offered, error)
        return FetchDone(file=file.id, cleared=not why_not, message=why_not)

    def _clear_silently(self, offered: Offered) -> None:
        """Takes away what nobody asked for again; where the far end takes no more of it, the call fails."""
        try:
            self._clear(offered)
        except FarEndFailed as error:
            self.ledger.not_cleared(offered, error)
            raise
        except FileFailed as error:
            self.ledger.not_cleared(offered, error)
            self._untold = self._untold or error

    def _clear(self, offered: Offered) -> str:
        """Takes a committed file away, or says why not yet. Only what was there unchanged a moment ago is touched."""
        last = self._waiting.settle(offered)
        if self.order.after_commit is AfterCommit.LEAVE:
            return ""
        if not last:
            return self.ledger.say("container_waits")
        self.still_ours()
        if self.source.settles:
            if self.elapsed() - self._seen_at > min(self.order.stable, LATEST_LOOK).total_seconds():
                self._look()
            if offered not in self._there:
                return self.ledger.say("changed_meanwhile")
        if self.order.after_commit is AfterCommit.ARCHIVE:
            self.source.archive(offered.container, self.order.archive_folder)
        else:
            self.source.delete(offered.container)
        return ""


@contextmanager
def drawn(chunks: Iterator[bytes]) -> Iterator[Iterator[bytes]]:
    """Bytes that may not be read to their end: a source is told so while its connection still stands."""
    try:
        yield chunks
    finally:
        if isinstance(chunks, Generator):
            chunks.close()
