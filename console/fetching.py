"""The consumer's side of FetchFiles: files one after another, and a word about each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from queue import SimpleQueue
from types import TracebackType
from typing import Self

import grpc

from backroom.delivery.v1 import delivery_pb2 as api
from backroom.delivery.v1.delivery_pb2_grpc import DeliveryServiceStub
from chassis.errors import Unavailable


@dataclass(slots=True)
class Incoming:
    """A file that comes in. Read its chunks to their end, then settle it."""

    header: api.FetchedFile
    chunks: Iterator[bytes]


@dataclass(slots=True)
class Fetching:
    """One fetch. Leaving it before its end breaks it off; what was not settled comes again."""

    delivery: DeliveryServiceStub
    begin: api.FetchBegin
    _words: SimpleQueue[api.FetchFilesRequest | None] = field(default_factory=SimpleQueue)
    _answers: "grpc._CallIterator[api.FetchFilesResponse] | None" = None  # only the stubs have its type

    def __enter__(self) -> Self:
        self._words.put(api.FetchFilesRequest(begin=self.begin))
        self._answers = self.delivery.FetchFiles(iter(self._words.get, None))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._words.put(None)
        if self._answers is not None:
            self._answers.cancel()

    def files(self) -> Iterator[Incoming]:
        """The files, each once the one before it is settled."""
        while (answer := self._next()) is not None:
            yield Incoming(answer.header, self._chunks())

    def settle(self, file: Incoming, *, committed: bool) -> api.FetchDone:
        """Says what became of a file; answers what became of it at its source."""
        settled = api.FetchSettled(file=file.header.file, committed=committed)
        self._words.put(api.FetchFilesRequest(settled=settled))
        return self._expect("done").done

    def _chunks(self) -> Iterator[bytes]:
        while (answer := self._expect()).WhichOneof("part") == "chunk":
            yield answer.chunk

    def _expect(self, part: str = "") -> api.FetchFilesResponse:
        answer = self._next()
        if answer is None or (part and answer.WhichOneof("part") != part):
            raise Unavailable("the stream ended in the middle of a file; fetch again")
        return answer

    def _next(self) -> api.FetchFilesResponse | None:
        assert self._answers is not None  # noqa: S101 - entered; tells mypy so
        return next(self._answers, None)
