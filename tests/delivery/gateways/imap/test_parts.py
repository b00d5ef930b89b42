"""Attachments of messages as mail programs of all kinds write them."""

import base64
import binascii
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.gateways.imap.decoding import Damaged, decoded
from services.delivery.gateways.imap.parts import attachments
from services.delivery.gateways.imap.values import Malformed, Value, values_of

TEXT = b'("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 12 1 NIL NIL NIL NIL)'


def names(structure: bytes) -> list[tuple[str, str, str]]:
    """Number, encoding and name of each attachment."""
    (value,) = values_of(structure, [])
    return [(part.number, part.encoding, part.name) for part in attachments(value)]


def binary(parameters: bytes, disposition: bytes = b"NIL", encoding: bytes = b"base64") -> bytes:
    kind = b'"application" "octet-stream"'
    return b'(%b %b NIL NIL "%b" 99 NIL %b NIL)' % (kind, parameters, encoding, disposition)


@pytest.mark.parametrize(
    ("parameters", "disposition", "name"),
    [
        (b"NIL", b'("attachment" ("filename" "a.csv"))', "a.csv"),
        (b'("name" "a.csv")', b"NIL", "a.csv"),
        (b'("name" "b.csv")', b'("attachment" ("filename" "a.csv"))', "a.csv"),
        (b'("name" "a.csv")', b'("inline" NIL)', "a.csv"),
        (b"NIL", b'("attachment" ("filename*" "iso-8859-1\'fr\'%E9t%E9.csv"))', "été.csv"),
        (b"NIL", b'("attachment" ("filename*1*" "%A9.csv" "filename*0*" "utf-8\'\'%C3%A9t%C3"))', "été.csv"),
        (b"NIL", b'("attachment" ("filename*0" "a" "filename*1" ".csv"))', "a.csv"),
        (b'("NAME" "=?iso-8859-1?Q?=E9t=E9?= =?utf-8?B?LmNzdg==?=")', b"NIL", "été.csv"),
        (b'("name" "=?nonsense?Q?=E9?=")', b"NIL", "=?nonsense?Q?=E9?="),
        (b"NIL", b'("attachment" ("filename*" "x-unheard\'\'%C3%A9"))', "é"),
        (b"NIL", b'("attachment" ("filename*" "undefined\'\'a.csv"))', "a.csv"),
        (b"NIL", b'("attachment" ("filename*" "idna\'\'xn--\xff.csv"))', "xn--\ufffd.csv"),
        (b"NIL", b'("attachment" ("filename*" "a\0b\'\'a.csv"))', "a.csv"),
        ('("name" "=?é?q?a?=")'.encode(), b"NIL", "=?é?q?a?="),
        (b'("name" "=?a\0b?q?a?=")', b"NIL", "=?a\0b?q?a?="),
        (b"NIL", b'("attachment" NIL)', ""),
        (b"NIL", b'"attachment; filename=\\"a b.csv\\""', "a b.csv"),  # pymap's way
    ],
)
def test_names_are_read_however_they_are_written(parameters: bytes, disposition: bytes, name: str) -> None:
    assert names(b"(" + TEXT + binary(parameters, disposition) + b' "mixed" NIL NIL NIL)') == [("2", "base64", name)]


@given(st.binary(max_size=40), st.sampled_from([b"filename", b"filename*", b"filename*0*", b"name"]))
def test_whatever_a_sender_calls_a_file_it_gets_a_name(written: bytes, parameter: bytes) -> None:
    for name in (written, b"=?" + written + b"?q?a?=", written + b"''a"):
        part: list[Value] = [b"application", b"pdf", [parameter, name], None, None, b"7bit", b"1"]
        (found,) = attachments([*part, None, [b"attachment", [parameter, name]]])
        assert isinstance(found.name, str)
        (told,) = attachments([*part, None, b"attachment; " + parameter + b"=" + name])
        assert isinstance(told.name, str)


def test_bodies_are_no_attachments() -> None:
    assert names(b"(" + TEXT + TEXT.replace(b"plain", b"html") + b' "alternative")') == []


def test_parts_in_parts_are_numbered_as_the_server_wants_them() -> None:
    inner = b"(" + TEXT + binary(b'("name" "b")') + b' "related")'
    assert names(b"(" + inner + binary(b'("name" "c")') + b' "mixed")') == [
        ("1.2", "base64", "b"),
        ("2", "base64", "c"),
    ]


def test_a_message_that_is_nothing_but_a_file_has_one_part() -> None:
    assert names(binary(b'("name" "a.pdf")')) == [("1", "base64", "a.pdf")]


def test_a_message_within_a_message_is_a_file_and_not_looked_into() -> None:
    forwarded = (
        b'("message" "rfc822" NIL NIL NIL "7bit" 99 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) '
        + binary(b'("name" "inner")')
        + b' 3 NIL ("attachment" ("filename" "Fwd.eml")) NIL)'
    )
    assert names(b"(" + TEXT + forwarded + b' "mixed")') == [("2", "7bit", "Fwd.eml")]


@pytest.mark.parametrize("structure", [b"NIL", b"()", b'("text" "plain")', b"(" * 500 + TEXT + b")" * 500])
def test_what_cannot_be_read_is_refused(structure: bytes) -> None:
    with pytest.raises(Malformed):
        names(structure)


def cut(content: bytes, step: int) -> list[bytes]:
    return [content[start : start + step] for start in range(0, len(content), step)]


@given(st.binary(max_size=300), st.integers(1, 90))
def test_base64_is_decoded_however_it_is_cut(content: bytes, step: int) -> None:
    written = base64.encodebytes(content).replace(b"\n", b"\r\n")
    assert b"".join(decoded("base64", cut(written, step))) == content


@given(st.binary(max_size=300), st.integers(1, 90))
def test_quoted_printable_is_decoded_however_it_is_cut(content: bytes, step: int) -> None:
    written = quopri.encodestring(content).replace(b"\n", b"\r\n")
    assert b"".join(decoded("quoted-printable", cut(written, step))) == binascii.a2b_qp(written)


def test_a_line_without_end_is_decoded_in_pieces() -> None:
    written = b"=C3=A9" * 500_000
    pieces = list(decoded("quoted-printable", cut(written, 65_537)))
    assert b"".join(pieces) == "é".encode() * 500_000
    assert max(map(len, pieces)) < 1 << 20


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary", ""])
def test_what_is_not_encoded_passes(encoding: str) -> None:
    assert list(decoded(encoding, [b"\xff", b"\r\n"])) == [b"\xff", b"\r\n"]


@pytest.mark.parametrize(
    ("written", "content"),
    [
        (b"YWJj\r\nZA==\r\n-- \r\nsent by a list", b"abcd"),
        (b"YWJj ZA", b"abcd"),  # no padding
        (b"", b""),
    ],
)
def test_base64_of_lenient_senders_is_read(written: bytes, content: bytes) -> None:
    assert b"".join(decoded("base64", cut(written, 5))) == content


@pytest.mark.parametrize(("encoding", "written"), [("base64", b"YWJjZ"), ("x-uuencode", b"begin")])
def test_a_file_that_would_come_out_as_another_is_refused(encoding: str, written: bytes) -> None:
    with pytest.raises(Damaged):
        list(decoded(encoding, [written]))
