"""What a server says may hold what no text of a database does; its files fail with a reason all the same."""

import asyncssh
import pytest

from services.delivery.gateways.sftp.wire import Reader
from tests.delivery.far_end import FarEnd
from tests.delivery.house import House


@pytest.mark.parametrize("words", [b"refus\xe9", b"refused\0", b"\xed\xa0\x80"])
def test_words_that_nobody_can_store_are_stored_without_what_is_wrong(
    house: House, far_end: FarEnd, monkeypatch: pytest.MonkeyPatch, words: bytes
) -> None:
    def refuse(request: str, name: str) -> None:
        if request == "open":
            raise asyncssh.SFTPFailure("WORDS")

    read = Reader.string
    monkeypatch.setattr(Reader, "string", lambda reader: read(reader).replace(b"WORDS", words))  # asyncssh's are UTF-8
    far_end.behaviour.meets = refuse
    house.destination("shop", far_end.method())
    attempt = house.seal(house.stage(file_name="a.csv"), destination="shop")
    house.drain("sending")
    error = house.operation(attempt).error
    assert error is not None
    assert error.reason == "LEFT_IN_SPOOL"
    assert house.states() == {"a.csv": "SEALED"}
    assert any("\ufffd" in entry for entry in house.journal())
