"""What an SFTP server's answer means: version 3 has few codes, so its words are read too."""

from services.delivery.domain.failures import CarryFailed, DiskFull, FolderMissing, NoPermission
from services.delivery.domain.file_failures import RefusedByServer
from services.delivery.gateways.sftp.wire import Code, ServerStatus

FULL = ("no space", "disk full", "quota", "not enough space", "out of space", "insufficient", "file too large")
#: Later versions' codes for a full disk and a spent quota, which some servers use in version 3 too.
FULL_CODES = frozenset({14, 15})


def failure_of_answer(path: str, status: ServerStatus) -> CarryFailed:
    """The failure that an answer stands for."""
    words = status.answer.lower()
    if any(sign in words for sign in FULL):
        return DiskFull(path, status.answer)
    match status.code:
        case Code.PERMISSION_DENIED:
            return NoPermission(path, status.answer)
        case Code.NO_SUCH_FILE | Code.NO_CONNECTION | Code.CONNECTION_LOST:
            return FolderMissing(path, status.answer)
        case code if code in FULL_CODES:
            return DiskFull(path, status.answer)
        case _:
            return RefusedByServer(path, status.answer)
