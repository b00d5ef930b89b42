"""Staging: how a handler puts the files it produces straight into delivery's spool."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Protocol

import grpc

from backroom.delivery.v1 import delivery_pb2, delivery_pb2_grpc
from backroom.type.v1 import type_pb2
from chassis.drawing import Drawn
from chassis.errors import BackroomError
from chassis.operations.execution import Execution
from chassis.operations.model import OperatingMode, SpooledFile
from chassis.rpc.client import remote_errors

CHUNK = 1 << 20  #: bytes; the most that delivery takes in one message
TIMEOUT = 1200.0  #: seconds for one file
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


class DeliveryStager:
    """Takes files to a delivery service by `StageFile`."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._delivery = delivery_pb2_grpc.DeliveryServiceStub(channel)

    def stage(self, execution: Execution, ordinal: int, file_name: str, chunks: Iterable[bytes]) -> SpooledFile:
        """As the protocol says."""
        drawn = Drawn(parts(execution, ordinal, file_name, chunks))
        try:
            with remote_errors("delivery"):
                staged = self._delivery.StageFile(drawn, timeout=TIMEOUT).file
        except BackroomError as refusal:
            drawn.end()
            if drawn.error is not None:  # what the chunks raised is the cause, and goes out as it is
                raise drawn.error from refusal
            raise
        drawn.end()
        return SpooledFile(
            name=staged.name, file_name=staged.file_name, size_bytes=staged.size_bytes, sha256=staged.sha256
        )


def parts(
    execution: Execution, ordinal: int, file_name: str, chunks: Iterable[bytes]
) -> Iterator[delivery_pb2.StageFileRequest]:
    """The header, then the content in pieces that fit, then what they add up to.

    Without that end a stream that broke off looks complete to the receiving side: gRPC ends both in the same way.
    """
    task = execution.task
    yield delivery_pb2.StageFileRequest(
        header=delivery_pb2.StageFileHeader(
            attempt=str(task.attempt),
            epoch=execution.epoch,
            ordinal=ordinal,
            run=task.run,
            task=task.task,
            file_name=file_name,
            site=task.site,
            mode=MODES[task.mode],
        )
    )
    digest, size = sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        for start in range(0, len(chunk), CHUNK):
            yield delivery_pb2.StageFileRequest(chunk=chunk[start : start + CHUNK])
    yield delivery_pb2.StageFileRequest(end=delivery_pb2.StageFileEnd(size_bytes=size, sha256=digest.hexdigest()))
