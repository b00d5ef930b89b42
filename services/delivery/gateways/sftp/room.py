"""Whether an SFTP server's disk is full: OpenSSH answers "Failure", and tells its room when asked."""

from collections.abc import Generator

from services.delivery.gateways.sftp.jobs import Ask, Command
from services.delivery.gateways.sftp.wire import EXTENDED_REPLY, Answer, Asked, path, string

STATVFS = b"statvfs@openssh.com"
NEXT_TO_NOTHING = 256 * 1024  #: bytes; less than one write


def is_full(folder: str) -> Generator[Command, Answer, bool]:
    """Asks for the room of a folder's disk; what is not told is not full."""
    answer = yield Ask(Asked.EXTENDED, string(STATVFS) + path(folder))
    if answer.kind != EXTENDED_REPLY:
        return False
    reader = answer.read(EXTENDED_REPLY)
    numbers = [reader.long() for _ in range(8)]  # sizes of a block and a fragment, then blocks and inodes
    fragment, room, inodes, files_left = numbers[1], numbers[4], numbers[5], numbers[7]
    return room * fragment < NEXT_TO_NOTHING or (inodes > 0 and files_left == 0)
