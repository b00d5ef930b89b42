"""What SFTP servers' answers mean."""

import pytest

from services.delivery.domain.failures import CarryFailed, DiskFull, FolderMissing, NoPermission
from services.delivery.domain.file_failures import RefusedByServer
from services.delivery.gateways.sftp.answers import failure_of_answer
from services.delivery.gateways.sftp.wire import ServerStatus


@pytest.mark.parametrize(
    ("code", "words", "failure"),
    [
        (2, "No such file", FolderMissing),
        (3, "Permission denied", NoPermission),
        (4, "Failure", RefusedByServer),
        (4, "write: No space left on device", DiskFull),
        (4, "Disk quota exceeded", DiskFull),
        (4, "User over QUOTA", DiskFull),
        (4, "File too large", DiskFull),
        (3, "Insufficient storage", DiskFull),
        (14, "", DiskFull),
        (15, "", DiskFull),
        (7, "backend gone", FolderMissing),
        (8, "Operation unsupported", RefusedByServer),
        (99, "", RefusedByServer),
    ],
)
def test_codes_and_words_become_failures(code: int, words: str, failure: type[CarryFailed]) -> None:
    assert type(failure_of_answer("in/a.csv", ServerStatus(code, words))) is failure


def test_a_refusal_without_words_says_its_number() -> None:
    assert failure_of_answer("a", ServerStatus(99, "")).facts["answer"] == "status 99"
