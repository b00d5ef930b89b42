"""Files on their way to what holds messages."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from services.delivery.application.far_ends import Parcel
from tests.delivery.domain.making import file

PRODUCED = datetime(2026, 3, 1, 22, 4, 5, tzinfo=UTC)


def parcel_of(name: str, chunks: Sequence[bytes], *, repeated: bool = False, **values: Any) -> Parcel:
    """A produced file of this content, with these values instead of the true ones."""
    content = b"".join(chunks)
    true = {
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "create_time": PRODUCED,
    }

    def read() -> Iterator[bytes]:
        yield from chunks

    return Parcel(file=file(name, **(true | values)), chunks=read, repeated=repeated)
