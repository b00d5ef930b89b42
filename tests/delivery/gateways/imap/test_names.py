"""Names of IMAP folders."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.gateways.imap.names import NameNotPossible, Naming, decoded, encoded

SLASH = Naming(separator="/")
DOT = Naming(separator=".", prefix="INBOX.")


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("INBOX", b"INBOX"),
        ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),  # RFC 3501 5.1.3
        ("Hi Mom -☺-!", b"Hi Mom -&Jjo--!"),  # RFC 2152
        ("Été & Co", b"&AMk-t&AOk- &- Co"),
        ("&", b"&-"),
        ("&&é", b"&-&-&AOk-"),
        ("😀", b"&2D3eAA-"),
        ("a\r\nb", b"a&AA0ACg-b"),
    ],
)
def test_names_cross_the_wire_in_modified_utf_7(name: str, wire: bytes) -> None:
    assert encoded(name) == wire
    assert decoded(wire) == name


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_name_comes_back_as_it_went(name: str) -> None:
    wire = encoded(name)
    assert decoded(wire) == name
    assert all(0x20 <= sign <= 0x7E for sign in wire)


@given(st.binary())
def test_whatever_a_server_calls_a_folder_can_be_read(wire: bytes) -> None:
    assert isinstance(decoded(wire), str)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_base64_of_names_is_what_utf_7_of_python_says(name: str) -> None:
    quoted = "".join(sign for sign in name if not " " <= sign <= "~")
    if quoted:
        body = encoded(quoted).removeprefix(b"&").removesuffix(b"-").replace(b",", b"/")
        assert (b"+" + body + b"-").decode("utf-7") == quoted


@pytest.mark.parametrize(
    ("naming", "folder", "names"),
    [
        (SLASH, "", ("INBOX",)),
        (SLASH, "inbox", ("INBOX",)),
        (SLASH, "/a//b/", ("a", "a/b")),
        (SLASH, "inbox/a", ("INBOX", "INBOX/a")),
        (DOT, "", ("INBOX",)),
        (DOT, "Ventes", ("INBOX.Ventes",)),
        (DOT, "a/b/c", ("INBOX.a", "INBOX.a.b", "INBOX.a.b.c")),
        (DOT, "INBOX/a", ("INBOX.a",)),
        (Naming(separator="."), "a/b", ("a", "a.b")),
        (Naming(separator="/", prefix="mail/"), "mail/x", ("mail/x",)),
        (Naming(separator="/", prefix="~/", others=("Public/",)), "Public/x", ("Public/x",)),
        (Naming(separator="/", prefix="~/", others=("Public/",)), "x", ("~/x",)),
        (Naming(separator=""), "flat", ("flat",)),
    ],
)
def test_our_levels_become_the_servers(naming: Naming, folder: str, names: tuple[str, ...]) -> None:
    assert naming.names(folder) == names


@pytest.mark.parametrize(
    ("naming", "folder", "words"), [(DOT, "a.b", "separates levels"), (Naming(separator=""), "a/b", "without /")]
)
def test_a_name_that_the_server_cannot_hold_is_told(naming: Naming, folder: str, words: str) -> None:
    with pytest.raises(NameNotPossible, match=words):
        naming.names(folder)
