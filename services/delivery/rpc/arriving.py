"""Files that arrive in pieces: the bytes after a header, and the end that proves them whole."""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from backroom.delivery.v1 import delivery_pb2 as pb
from chassis.errors import FieldProblem, InvalidInput

LARGEST_CHUNK = 1 << 20


class Arriving:
    """The bytes; an end must prove that they are all there: a caller that dies ends its stream as if it were done."""

    def __init__(self, requests: Iterable[pb.StageFileRequest] | Iterable[pb.SendFileRequest]) -> None:
        self._requests = requests
        self._digest = sha256()
        self._size = 0

    @property
    def size_bytes(self) -> int:
        """Of what has come."""
        return self._size

    @property
    def sha256(self) -> str:
        """Of what has come, lower-case hexadecimal."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        for request in self._requests:
            if request.WhichOneof("part") == "end":
                if (request.end.size_bytes, request.end.sha256) != (self.size_bytes, self.sha256):
                    raise InvalidInput(
                        FieldProblem("end", "size and hash are not those of the chunks; send the file again")
                    )
                return
            if request.WhichOneof("part") != "chunk" or not 1 <= len(request.chunk) <= LARGEST_CHUNK:
                raise InvalidInput(
                    FieldProblem("chunk", "after the header come chunks of 1 byte to 1 MiB, then the end")
                )
            self._digest.update(request.chunk)
            self._size += len(request.chunk)
            yield request.chunk
        raise InvalidInput(FieldProblem("end", "the stream stopped before its end; send the file again"))
