"""What answers mean, as servers of several makes word them."""

import pytest

from services.delivery.domain.destinations import Ftp, Security, Trust
from services.delivery.domain.failures import (
    CarryFailed,
    ConnectionLost,
    ConnectionRefused,
    DiskFull,
    FolderMissing,
    NoPermission,
    NotLoggedIn,
    TlsRefused,
)
from services.delivery.domain.file_failures import RefusedByServer
from services.delivery.domain.logins import Login
from services.delivery.gateways.ftp.answers import Answer, failure_of_answer

FTP = Ftp(
    host="ftp.example",
    port=21,
    user_name="brico",
    security=Security.NONE,
    trust=Trust(),
    active=False,
    folder="in",
    login=Login(password="x"),
)


@pytest.mark.parametrize(
    ("code", "words", "failure"),
    [
        (421, "Timeout.", ConnectionLost),
        (425, "Failed to establish connection.", ConnectionRefused),
        (426, "Connection closed; transfer aborted.", ConnectionLost),
        (426, "No space left on device; transfer aborted.", DiskFull),
        (430, "Invalid username or password", NotLoggedIn),
        (450, "File is being used by another process: access denied", RefusedByServer),
        (451, "Failure writing to local file.", RefusedByServer),
        (451, "Espace disque insuffisant", DiskFull),
        (452, "Error writing file", DiskFull),
        (500, "Unknown command.", RefusedByServer),
        (501, "Syntax error", RefusedByServer),
        (503, "Bad sequence of commands", RefusedByServer),
        (504, "Not for that parameter", RefusedByServer),
        (521, "PROT P required", TlsRefused),
        (522, "SSL connection failed; session reuse required", TlsRefused),
        (530, "Non connecté", NotLoggedIn),
        (532, "Need account for storing files", NoPermission),
        (534, "Policy requires SSL.", TlsRefused),
        (550, "Permission denied.", NoPermission),
        (550, "Accès refusé.", NoPermission),
        (550, "Access is denied.", NoPermission),
        (550, "No such file or directory.", FolderMissing),
        (550, "The system cannot find the file specified.", FolderMissing),
        (550, "Fichier introuvable", FolderMissing),
        (550, "Failed.", RefusedByServer),
        (551, "Page type unknown", RefusedByServer),
        (552, "Exceeded storage allocation", DiskFull),
        (553, "Could not create file.", RefusedByServer),
        (553, "Disk quota reached", DiskFull),
    ],
)
def test_an_answer_is_the_failure_that_its_code_and_words_say(
    code: int, words: str, failure: type[CarryFailed]
) -> None:
    found = failure_of_answer(FTP, "in/a.csv", Answer(code=code, lines=[words]))
    assert type(found) is failure
    assert found.facts["answer"] == f"({code}) {words}"


def test_an_answer_is_told_in_one_short_printable_line() -> None:
    answer = Answer(code=550, lines=["No\x07 way:", "  \x1b[31mnot   here", "x" * 500])
    assert answer.text.startswith("(550) No way: [31mnot here xxx")
    assert len(answer.text) == 200
