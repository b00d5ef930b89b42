"""What an SFTP server's answer means: version 3 has few codes, so its words are read too."""

from paramiko.sftp import SFTP_CONNECTION_LOST, SFTP_NO_CONNECTION, SFTP_NO_SUCH_FILE, SFTP_PERMISSION_DENIED

from services.delivery.domain.failures import CarryFailed, DiskFull, FolderMissing, NoPermission, RefusedByServer
from services.delivery.gateways.sftp_client import ServerStatus

FULL = ("no space", "disk full", "quota", "not enough space", "out of space")


def failure_of_answer(path: str, status: ServerStatus) -> CarryFailed:
    """The failure that an answer stands for."""
    words = status.answer.lower()
    if any(sign in words for sign in FULL):
        return DiskFull(path, status.answer)
    match status.code:
        case code if code == SFTP_PERMISSION_DENIED:
            return NoPermission(path, status.answer)
        case code if code == SFTP_NO_SUCH_FILE:
            return FolderMissing(path, status.answer)
        case code if code in {SFTP_NO_CONNECTION, SFTP_CONNECTION_LOST}:
            return FolderMissing(path, status.answer)
        case _:
            return RefusedByServer(path, status.answer)
