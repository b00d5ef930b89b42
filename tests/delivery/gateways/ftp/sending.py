"""How the FTP gateway is asked in tests."""

from services.delivery.application.far_ends import Arrived, Carrier, Upload
from services.delivery.domain.failures import FileFailed
from services.delivery.gateways.ftp.carrier import open_ftp
from tests.delivery.conftest import GATE, PATIENCE
from tests.delivery.ftp_end import FtpEnd

MEGABYTES = [bytes([number]) * (1 << 20) for number in range(5)]


def upload(name: str, *chunks: bytes, **more: object) -> Upload:
    facts: dict[str, object] = {"size_bytes": sum(map(len, chunks)), "chunks": chunks}
    return Upload(name=name, **(facts | more))  # type: ignore[arg-type]  # the test's shorthand


def send(ftp_end: FtpEnd, name: str, *chunks: bytes) -> Arrived | FileFailed:
    with open_ftp(ftp_end.method(), GATE, PATIENCE) as carrier:
        (result,) = carrier.write([upload(name, *chunks)])
    return result


def rename(carrier: Carrier, name: str, target: str, *, replace: bool = True) -> FileFailed | None:
    (result,) = carrier.rename([(name, target)], replace=replace)
    return result
