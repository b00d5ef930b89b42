"""Files by e-mail to Debian's Postfix, through the real mail service; judged by what lies in its mailboxes."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from chassis.database import Database
from chassis.embedded.server import HOST
from chassis.texts import Texts
from services.delivery.application.far_ends import Parcel
from services.delivery.domain.destinations import Email, MailServer, Security
from services.delivery.domain.file_failures import MailRefused
from services.delivery.domain.logins import Login
from services.delivery.gateways.mail import OpenMail
from services.mail.domain.states import MailState
from tests.delivery.mail_end import MailEnd
from tests.delivery.parcels import parcel_of
from tests.mail.conftest import new_mail, put
from tests.mail.office import transport
from tests.servers.postfix import DOMAIN, MESSAGE_SIZE_LIMIT, PostfixServer

SENDER = "edi@brico.example"


@pytest.fixture(scope="module")
def postfix() -> Iterator[PostfixServer]:
    server = PostfixServer("anne", "bob", "carl", "dora", "eve", "fritz")
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def mail(make_database: Callable[[str | None], Database], tmp_path: Path, postfix: PostfixServer) -> Iterator[MailEnd]:
    end = MailEnd(make_database("services.mail.storage.migrations"), tmp_path / "mail", own_ca=postfix.authority)
    end.start()
    yield end
    end.stop()


def way(mail: MailEnd) -> OpenMail:
    texts = Texts.of("services.delivery")
    return OpenMail(channel=lambda: mail.channel, texts=texts, locale="fr", patience=timedelta(seconds=20))


def email(port: int, *names: str, security: Security = Security.EXPLICIT, host: str = HOST) -> Email:
    server = MailServer(host=host, port=port, security=security, user_name="", login=Login(), sender=SENDER)
    return Email(recipients=tuple(f"{name}@{DOMAIN}" for name in names), subject="Ventes du jour", server=server)


def file(content: bytes, name: str = "ventes.csv") -> Parcel:
    return parcel_of(name, [content])


def attached(message: EmailMessage) -> bytes:
    (attachment,) = message.iter_attachments()
    content = attachment.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


@pytest.mark.parametrize(
    ("security", "name"), [(Security.NONE, "anne"), (Security.EXPLICIT, "bob"), (Security.IMPLICIT, "carl")]
)
def test_a_file_lies_in_the_mailbox_byte_for_byte(
    mail: MailEnd, postfix: PostfixServer, security: Security, name: str
) -> None:
    content = "é;b\r\n.\r\n..\n".encode("cp1252") + bytes(range(256)) + b"\n.\n"
    port = postfix.tls_port if security is Security.IMPLICIT else postfix.port
    parcel = file(content)
    with way(mail)(email(port, name, security=security)) as post:
        post.deliver(parcel)
        post.deliver(parcel)  # as after a crash: it is there already
    (message,) = postfix.mailbox(name, 1)
    assert attached(message) == content
    assert (message["From"], message["Return-Path"]) == (SENDER, f"<{SENDER}>")
    assert message["Message-ID"].endswith("@brico.example>")
    assert ("with ESMTPS" in message["Received"]) is not (security is Security.NONE), message["Received"]


def test_one_recipient_that_it_does_not_know_is_told_in_its_words_and_the_other_gets_the_file(
    mail: MailEnd, postfix: PostfixServer
) -> None:
    both = email(postfix.port, "dora", "nobody")
    with way(mail)(both) as post, pytest.raises(MailRefused) as refused:
        post.deliver(file(b"1"))
    answer = refused.value.facts["answer"]
    assert f"nobody@{DOMAIN}: 550 5.1.1" in answer
    assert "User unknown" in answer
    (message,) = postfix.mailbox("dora", 1)
    assert attached(message) == b"1"


def test_a_message_that_is_larger_than_its_limit_is_refused_and_a_smaller_one_goes(
    mail: MailEnd, postfix: PostfixServer
) -> None:
    with way(mail)(email(postfix.port, "eve")) as post:
        with pytest.raises(MailRefused, match=r"552 5\.3\.4"):
            post.deliver(file(bytes(MESSAGE_SIZE_LIMIT), "gros.bin"))
        post.deliver(file(bytes(MESSAGE_SIZE_LIMIT // 2), "petit.bin"))
    (message,) = postfix.mailbox("eve", 1)
    assert len(attached(message)) == MESSAGE_SIZE_LIMIT // 2


def test_it_relays_for_nobody_and_says_so(mail: MailEnd, postfix: PostfixServer) -> None:
    elsewhere = Email(recipients=("anne@elsewhere.example",), subject="x", server=email(postfix.port, "anne").server)
    with way(mail)(elsewhere) as post, pytest.raises(MailRefused, match="Relay access denied"):
        post.deliver(file(b"1"))


def test_a_certificate_that_nobody_vouches_for_gets_no_mail(
    make_database: Callable[[str | None], Database], tmp_path: Path, postfix: PostfixServer
) -> None:
    stranger = MailEnd(make_database("services.mail.storage.migrations"), tmp_path / "stranger")
    stranger.start()
    try:
        with way(stranger)(email(postfix.port, "anne")) as post, pytest.raises(MailRefused, match="is not trusted"):
            post.deliver(file(b"1"))
    finally:
        stranger.stop()


def test_many_mails_of_the_house_go_over_one_connection(mail: MailEnd, postfix: PostfixServer) -> None:
    mails = [new_mail(f"fritz@{DOMAIN}") for _ in range(20)]
    with mail.resting:
        mail.office.transport = transport(postfix.port)
        put(mail.office.open_work, *mails)
    mail.wait_until_empty()
    messages = postfix.mailbox("fritz", 20)
    assert sorted(message["Message-ID"] for message in messages) == sorted(each.message_id for each in mails)
    assert {mail.office.mail(each.id).state for each in mails} == {MailState.SENT}
    postfix.wait_for_log("mail=20 rcpt=20")
