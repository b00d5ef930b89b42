"""A file as a message, read by Python's own reader."""

import tracemalloc
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.domain.file_names import file_name_problem
from services.delivery.gateways.imap.message import FileMessage
from tests.delivery.parcels import PRODUCED

PLAIN = "sales.csv"


def message_of(file_name: str = PLAIN, file_bytes: int = 0, **values: Any) -> FileMessage:
    facts: dict[str, Any] = {
        "identity": UUID(int=7),
        "subject": file_name,
        "account": "boutique@example.org",
        "file_name": file_name,
        "file_bytes": file_bytes,
        "sha256": "ab" * 32,
        "date": PRODUCED,
    }
    return FileMessage(**(facts | values))


def read(raw: bytes) -> EmailMessage:
    message: Any = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def test_a_message_says_what_it_is() -> None:
    raw = b"".join(message_of("été.csv", 3).chunks([b"a", b"bc"]))
    message = read(raw)
    assert {name: str(message[name]) for name in ("Message-ID", "From", "To", "Subject", "Date")} == {
        "Message-ID": "<00000000-0000-0000-0000-000000000007@backroom.invalid>",
        "From": "Backroom <boutique@example.org>",
        "To": "boutique@example.org",
        "Subject": "été.csv",
        "Date": "Sun, 01 Mar 2026 22:04:05 +0000",
    }
    assert message["X-Backroom-SHA256"] == "ab" * 32
    (attachment,) = message.iter_attachments()
    assert attachment.get_filename() == "été.csv"
    assert attachment.get_content_type() == "text/csv"
    assert attachment.get_payload(decode=True) == b"abc"


@given(st.binary(max_size=500), st.lists(st.integers(1, 200), min_size=1, max_size=5))
def test_its_length_is_known_and_its_content_whole_however_it_is_cut(content: bytes, steps: list[int]) -> None:
    chunks: list[bytes] = []
    start = 0
    while start < len(content):
        step = steps[len(chunks) % len(steps)]
        chunks.append(content[start : start + step])
        start += step
    message = message_of(file_bytes=len(content))
    raw = b"".join(message.chunks(chunks))
    assert len(raw) == message.size_bytes
    (attachment,) = read(raw).iter_attachments()
    assert attachment.get_payload(decode=True) == content


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=255))
def test_every_name_a_file_may_have_is_read_again(name: str) -> None:
    if file_name_problem(name) is not None or name != name.strip():  # readers cut spaces at the ends
        return
    raw = b"".join(message_of(name).chunks([]))
    assert max(map(len, raw.split(b"\r\n"))) <= 100
    assert raw.isascii()
    message = read(raw)
    (attachment,) = message.iter_attachments()
    assert attachment.get_filename() == name


@pytest.mark.parametrize("name", ["=?utf-8?q?x?=.csv", "a  b.csv", "日本語" * 25, "x" * 255, 'a"b', "%41.csv", "a;b=c"])
def test_subjects_that_could_be_read_otherwise_are_encoded(name: str) -> None:
    assert read(b"".join(message_of(name).chunks([])))["Subject"] == name


@pytest.mark.parametrize("account", ["boutique", "a b@c", "é@example.org", "x@y\r\nBcc: z@w", "<a@b>", "a@b, c@d"])
def test_an_account_that_is_no_address_stays_out_of_the_headers(account: str) -> None:
    message = read(b"".join(message_of(account=account).chunks([])))
    assert message["From"] == "Backroom <backroom@backroom.invalid>"
    assert message["Bcc"] is None


def test_a_large_file_is_encoded_in_little_memory() -> None:
    block = bytes(1 << 20)
    message = message_of(file_bytes=100 << 20)
    tracemalloc.start()
    try:
        sent = sum(map(len, message.chunks(block for _ in range(100))))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent == message.size_bytes
    assert peak < 16 << 20
