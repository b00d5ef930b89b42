"""How a handler hands over the files it produces: into delivery's spool, or straight to their destination."""

import time
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Protocol, TypeVar

import grpc

from backroom.delivery.v1 import delivery_pb2, delivery_pb2_grpc
from backroom.type.v1 import type_pb2
from chassis.drawing import Drawn
from chassis.errors import BackroomError, Unavailable
from chassis.operations.execution import Execution
from chassis.operations.model import OperatingMode, SpooledFile
from chassis.rpc.client import remote_errors

P = TypeVar("P")

CHUNK = 1 << 20  #: bytes; the most that delivery takes in one message
TIMEOUT = 1200.0  #: seconds for one staged file
SILENCE = 900.0  #: seconds that delivery may take nothing of a file it sends on; it notices dead far ends itself
LOOK = 0.5  #: seconds between two looks at a file under way
LOCALE_KEY = "accept-language"
MODES = {
    OperatingMode.NORMAL: type_pb2.OPERATING_MODE_NORMAL,
    OperatingMode.ISOLATED: type_pb2.OPERATING_MODE_ISOLATED,
    OperatingMode.TRAINING: type_pb2.OPERATING_MODE_TRAINING,
}


class Stager(Protocol):
    """Takes produced files."""

    def stage(self, execution: Execution, ordinal: int, file_name: str, chunks: Iterable[bytes]) -> SpooledFile:
        """Puts one file into the spool; it is on disk when this returns.

        `ordinal` is its 0-based place among the attempt's files: a repeat of it answers the stored file. Raises
        `Unavailable` where delivery cannot be reached, `RemoteRefused` where it says no.
        """


class Sender(Protocol):
    """Takes produced files past the spool."""

    def send(self, execution: Execution, ordinal: int, file_name: str, chunks: Iterable[bytes]) -> SpooledFile:
        """Sends one file of an unspooled type to its destination; it has arrived when this returns.

        When it raises, nothing of the file is visible there: `Unavailable` where delivery cannot be reached,
        `RemoteRefused` where it, or the far end, says no. It takes as long as bytes move. A repeat of `ordinal` that
        has arrived answers at once. The result names no file of the spool: it does not go into an `Outcome`.
        """


class DeliveryStager:
    """Takes files to a delivery service by `StageFile` and `SendFile`."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._delivery = delivery_pb2_grpc.DeliveryServiceStub(channel)

    def stage(self, execution: Execution, ordinal: int, file_name: str, chunks: Iterable[bytes]) -> SpooledFile:
        """As the protocol says."""
        drawn = Drawn(staged_parts(execution, ordinal, file_name, chunks))
        return _handed_over(drawn, lambda: self._delivery.StageFile(drawn, timeout=TIMEOUT).file)

    def send(self, execution: Execution, ordinal: int, file_name: str, chunks: Iterable[bytes]) -> SpooledFile:
        """As the protocol says."""
        offered = Offered(sent_parts(execution, ordinal, file_name, chunks))
        drawn = Drawn(offered)

        def send() -> type_pb2.SpooledFile:
            under_way = self._delivery.SendFile.future(drawn, metadata=((LOCALE_KEY, execution.task.locale),))
            try:
                while True:
                    try:
                        return under_way.result(timeout=LOOK).file.file
                    except grpc.FutureTimeoutError:
                        execution.check()
                        if offered.untaken() > SILENCE:
                            raise Unavailable(f"delivery has taken nothing for {SILENCE:.0f} seconds") from None
            finally:
                under_way.cancel()  # nothing where it has ended

        return _handed_over(drawn, send)


class Offered(Iterator[P]):
    """Parts as another takes them, and how long it has not taken the next."""

    def __init__(self, parts: Iterator[P]) -> None:
        self._parts = parts
        self._since: float | None = time.monotonic()  #: None while it is the source that is awaited

    def __next__(self) -> P:
        self._since = None
        try:
            return next(self._parts)
        finally:
            self._since = time.monotonic()

    def untaken(self) -> float:
        """Seconds; 0 while the next part is being made."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since


def _handed_over(drawn: Drawn[P], call: Callable[[], type_pb2.SpooledFile]) -> SpooledFile:
    """What the call answers. What the parts raised is the cause of its failure, and goes out as it is."""
    try:
        with remote_errors("delivery"):
            file = call()
    except BackroomError as refusal:
        drawn.end()
        if drawn.error is not None:
            raise drawn.error from refusal
        raise
    finally:
        drawn.end()
    return SpooledFile(name=file.name, file_name=file.file_name, size_bytes=file.size_bytes, sha256=file.sha256)


def staged_parts(
    execution: Execution, ordinal: int, file_name: str, chunks: Iterable[bytes]
) -> Iterator[delivery_pb2.StageFileRequest]:
    """The messages of a file for the spool."""
    return _parts(delivery_pb2.StageFileRequest, header_of(execution, ordinal, file_name), chunks)


def sent_parts(
    execution: Execution, ordinal: int, file_name: str, chunks: Iterable[bytes]
) -> Iterator[delivery_pb2.SendFileRequest]:
    """The messages of a file that goes past the spool."""
    task = execution.task
    header = delivery_pb2.SendFileHeader(
        file=header_of(execution, ordinal, file_name), destination=task.destination, owner=task.owner
    )
    return _parts(delivery_pb2.SendFileRequest, header, chunks)


def header_of(execution: Execution, ordinal: int, file_name: str) -> delivery_pb2.StageFileHeader:
    """What the file is."""
    task = execution.task
    return delivery_pb2.StageFileHeader(
        attempt=str(task.attempt),
        epoch=execution.epoch,
        ordinal=ordinal,
        run=task.run,
        task=task.task,
        file_name=file_name,
        site=task.site,
        mode=MODES[task.mode],
    )


def _parts(message: Callable[..., P], header: object, chunks: Iterable[bytes]) -> Iterator[P]:
    """The header, the content in pieces that fit, then what they add up to.

    Without that end a stream that broke off looks complete to the receiving side: gRPC ends both in the same way.
    """
    yield message(header=header)
    digest, size = sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        for start in range(0, len(chunk), CHUNK):
            yield message(chunk=chunk[start : start + CHUNK])
    yield message(end=delivery_pb2.StageFileEnd(size_bytes=size, sha256=digest.hexdigest()))
