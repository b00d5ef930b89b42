import email
import email.policy
from datetime import UTC, datetime
from email.message import EmailMessage, MIMEPart
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInput
from services.mail.domain.address import parse_address
from services.mail.domain.mail import DueMail, Recipient
from services.mail.domain.message import Attachment, read_message
from services.mail.domain.states import RecipientState
from services.mail.gateways.mime import MimeComposer

COMPOSER = MimeComposer("Société BRICO", parse_address("tickets@brico.example"))
PDF = Attachment(file_name="C1-4-Société BRICO.pdf", media_type="application/pdf", content=bytes(range(256)) * 9)


def due(subject: str = "Votre ticket n° 4", body: str = "Bonjour,\n\nVoilà <b>.\n") -> DueMail:
    return DueMail(
        id=UUID(int=1),
        message_id="<1@brico.example>",
        recipients=(
            Recipient(ordinal=0, address=parse_address("anne@client.example"), state=RecipientState.PENDING),
            Recipient(ordinal=1, address=None, state=RecipientState.SENT),
            Recipient(ordinal=2, address=parse_address("bob@bücher.example"), state=RecipientState.PENDING),
        ),
        walk_in=False,
        subject=subject,
        body=body,
        create_time=datetime(2017, 1, 31, 22, tzinfo=UTC),
        attempts=0,
    )


def parsed(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def lines_of(part: MIMEPart) -> str:
    """A text part as a reader's program shows it."""
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def test_headers_are_those_of_the_stored_mail_in_every_try() -> None:
    message = parsed(COMPOSER.compose(due(), [PDF]))
    assert message["From"] == "Société BRICO <tickets@brico.example>"
    assert message["To"] == "anne@client.example, bob@xn--bcher-kva.example"
    assert message["Subject"] == "Votre ticket n° 4"
    assert message["Message-ID"] == "<1@brico.example>"
    assert message["Date"] == "Tue, 31 Jan 2017 22:00:00 +0000"
    assert message["Auto-Submitted"] == "auto-generated"


def test_text_and_html_say_the_same_and_text_is_no_markup() -> None:
    message = parsed(COMPOSER.compose(due(), [PDF]))
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert lines_of(plain) == "Bonjour,\n\nVoilà <b>.\n"
    assert "<p>Voilà &lt;b&gt;.</p>" in lines_of(html)


def test_an_attachment_keeps_its_bytes_and_its_name_outside_ascii() -> None:
    content = COMPOSER.compose(due(), [PDF])
    (attached,) = parsed(content).iter_attachments()
    assert attached.get_filename() == "C1-4-Société BRICO.pdf"
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_content() == PDF.content
    assert b"filename*=utf-8''" in content  # RFC 2231


def test_what_is_sent_has_seven_bits_and_short_lines() -> None:
    content = COMPOSER.compose(due(subject="é" * 300, body="ô" * 3000), [PDF])
    assert content.isascii()
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(b"\n" in line or b"\r" in line for line in lines)


@given(st.text(min_size=1, max_size=500), st.text(max_size=500), st.text(min_size=1, max_size=80))
def test_whatever_a_checked_message_says_no_header_is_added(subject: str, body: str, name: str) -> None:
    file = Attachment(file_name=name, media_type="text/csv", content=b"1")
    try:
        message = read_message(["anne@client.example"], subject, body, [file])
    except InvalidInput:
        return
    content = parsed(COMPOSER.compose(due(message.subject, message.body), message.attachments))
    assert set(content.keys()) == {
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Auto-Submitted",
        "MIME-Version",
        "Content-Type",
    }
    assert len(list(content.iter_attachments())) == 1


@pytest.mark.parametrize("body", ["From me\n.\n..dots\n", "no end", "", "\n\n\n", "tab\tand trailing  \nx"])
def test_a_body_arrives_as_it_was(body: str) -> None:
    plain = parsed(COMPOSER.compose(due(body=body), [])).get_body(("plain",))
    assert plain is not None
    assert lines_of(plain).rstrip("\n") == body.rstrip("\n")
