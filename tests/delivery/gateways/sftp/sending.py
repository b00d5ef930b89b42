"""Shortcuts of the SFTP tests: uploads, and a carrier of a far end."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from services.delivery.application.far_ends import Arrived, Carrier, Upload
from services.delivery.domain.destinations import Sftp
from services.delivery.domain.failures import FileFailed
from services.delivery.gateways.network import Patience
from services.delivery.gateways.sftp.carrier import open_sftp
from tests.delivery.conftest import GATE, PATIENCE
from tests.delivery.far_end import FarEnd

MEGABYTES = [bytes([number]) * (1 << 20) for number in range(5)]
WHOLE = b"".join(MEGABYTES)


@contextmanager
def carrier_of(end: FarEnd | Sftp, patience: Patience = PATIENCE) -> Iterator[Carrier]:
    with open_sftp(end if isinstance(end, Sftp) else end.method(), GATE, patience) as carrier:
        yield carrier


def upload(
    name: str,
    content: bytes | Iterable[bytes],
    *,
    size: int | None = None,
    start: int = 0,
    written: Callable[[int], None] = lambda size: None,
) -> Upload:
    """A file to write; `content` is all of it, and goes from `start` on."""
    if isinstance(content, bytes):
        size = len(content)
        rest = content[start:]
        content = [rest[at : at + 70_001] for at in range(0, len(rest), 70_001)]
    assert size is not None
    return Upload(name=name, size_bytes=size, chunks=content, start=start, written=written)


def send(end: FarEnd, name: str, content: bytes) -> Arrived | FileFailed:
    """One file alone."""
    with carrier_of(end) as carrier:
        (outcome,) = carrier.write([upload(name, content)])
        return outcome
