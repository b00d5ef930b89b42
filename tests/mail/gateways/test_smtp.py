import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.mail.domain.address import parse_address
from services.mail.domain.delivery import Answer, Lost, OutOfReach
from services.mail.domain.servers import Security
from services.mail.gateways.smtp import MOST_MESSAGES, SmtpSession, SmtpTransport
from tests.mail.mail_server import MailServer
from tests.mail.office import SENDER, relay

ANNE, BOB = parse_address("anne@client.example"), parse_address("bob@client.example")
CONTENT = b"Subject: x\r\n\r\n.dot\r\n..two\r\nend\r\n"


@pytest.fixture
def session(mail_server: MailServer) -> Iterator[SmtpSession]:
    with SmtpTransport(relay(mail_server.port), SENDER).session(None) as opened:
        yield opened


def test_a_mail_is_offered_then_delivered_byte_for_byte(mail_server: MailServer, session: SmtpSession) -> None:
    assert session.offer([ANNE, BOB]) == {ANNE: Answer(250, "OK"), BOB: Answer(250, "OK")}
    assert session.deliver(CONTENT) == Answer(250, "OK")
    (delivered,) = mail_server.taken
    assert delivered.sender == "tickets@brico.example"
    assert delivered.recipients == ["anne@client.example", "bob@client.example"]
    assert delivered.content == CONTENT


def test_each_recipient_has_its_own_answer(mail_server: MailServer, session: SmtpSession) -> None:
    mail_server.behaviour.recipients["bob@client.example"] = "550 5.1.1 no such user"
    assert session.offer([ANNE, BOB]) == {ANNE: Answer(250, "OK"), BOB: Answer(550, "5.1.1 no such user")}
    assert session.deliver(CONTENT) == Answer(250, "OK")
    assert mail_server.taken[0].recipients == ["anne@client.example"]


def test_after_a_refusal_of_all_the_same_connection_takes_the_next_mail(
    mail_server: MailServer, session: SmtpSession
) -> None:
    mail_server.behaviour.recipients["bob@client.example"] = "450 mailbox busy"
    assert session.offer([BOB]) == {BOB: Answer(450, "mailbox busy")}
    mail_server.behaviour.hello.append("552 too big")
    assert session.offer([ANNE]) == {ANNE: Answer(552, "too big")}
    session.offer([ANNE])
    assert session.deliver(CONTENT) == Answer(250, "OK")
    assert mail_server.commands["EHLO"] == 1


@pytest.mark.parametrize("said", ["451 try again in 60 seconds", "554 refused as spam"])
def test_a_refusal_of_the_content_is_an_answer(mail_server: MailServer, session: SmtpSession, said: str) -> None:
    mail_server.behaviour.content.append(said)
    session.offer([ANNE])
    assert str(session.deliver(CONTENT)) == said
    session.offer([ANNE])
    assert session.deliver(CONTENT) == Answer(250, "OK")


def test_a_connection_lost_after_the_content_leaves_the_mail_uncertain(
    mail_server: MailServer, session: SmtpSession
) -> None:
    mail_server.behaviour.close_at.add("CONTENT")
    session.offer([ANNE])
    assert isinstance(session.deliver(CONTENT), Lost)
    assert len(mail_server.lost) == 1
    session.offer([BOB])
    assert session.deliver(CONTENT) == Answer(250, "OK")


def test_a_connection_lost_before_354_has_given_no_content(mail_server: MailServer, session: SmtpSession) -> None:
    mail_server.behaviour.close_at.add("DATA")
    session.offer([ANNE])
    answer = session.deliver(CONTENT)
    assert isinstance(answer, Answer)
    assert answer.temporary
    assert (mail_server.taken, mail_server.lost) == ([], [])


@pytest.mark.parametrize("where", ["MAIL", "RCPT"])
def test_a_fresh_connection_lost_before_data_puts_the_server_out_of_reach(
    mail_server: MailServer, session: SmtpSession, where: str
) -> None:
    mail_server.behaviour.close_at.add(where)
    with pytest.raises(OutOfReach, match="closed the connection"):
        session.offer([ANNE])


def test_an_old_connection_that_the_server_closed_is_made_anew(mail_server: MailServer, session: SmtpSession) -> None:
    session.offer([ANNE])
    session.deliver(CONTENT)
    mail_server.behaviour.close_at.add("MAIL")
    session.offer([BOB])
    assert session.deliver(CONTENT) == Answer(250, "OK")
    assert mail_server.commands["EHLO"] == 2


def test_421_recycles_an_old_connection_and_ends_a_fresh_one(mail_server: MailServer, session: SmtpSession) -> None:
    session.offer([ANNE])
    session.deliver(CONTENT)
    mail_server.behaviour.hello += ["421 too many mails", "250 OK", "421 not now"]
    session.offer([BOB])
    assert session.deliver(CONTENT) == Answer(250, "OK")
    assert mail_server.commands["EHLO"] == 2
    with (
        SmtpTransport(relay(mail_server.port), SENDER).session(None) as fresh,
        pytest.raises(OutOfReach, match="421 not now"),
    ):
        fresh.offer([ANNE])


def test_421_to_the_content_is_a_temporary_refusal(mail_server: MailServer, session: SmtpSession) -> None:
    mail_server.behaviour.content.append("421 going down")
    session.offer([ANNE])
    assert session.deliver(CONTENT) == Answer(421, "going down")
    session.offer([ANNE])
    assert session.deliver(CONTENT) == Answer(250, "OK")


def test_a_connection_serves_100_mails_and_is_then_made_anew(mail_server: MailServer, session: SmtpSession) -> None:
    for _ in range(MOST_MESSAGES + 1):
        session.offer([ANNE])
        session.deliver(CONTENT)
    assert len(mail_server.taken) == MOST_MESSAGES + 1
    assert mail_server.commands["EHLO"] == 2


def test_an_offer_can_be_taken_back(mail_server: MailServer, session: SmtpSession) -> None:
    session.offer([ANNE])
    session.forget()
    session.offer([BOB])
    session.deliver(CONTENT)
    assert [delivered.recipients for delivered in mail_server.taken] == [["bob@client.example"]]


def test_a_server_that_is_not_there_is_out_of_reach_and_says_what_to_look_at() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with (
        SmtpTransport(relay(port), SENDER).session(None) as session,
        pytest.raises(OutOfReach, match="is the server running"),
    ):
        session.offer([ANNE])


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_protected_connection_trusts_only_who_is_vouched_for(
    protected: Callable[..., MailServer], certificate: tuple[ssl.SSLContext, Path], security: Security
) -> None:
    context, authority = certificate
    server = protected(**{security.value: context})
    trusting = relay(server.port, security=security, ca=authority)
    with SmtpTransport(trusting, SENDER).session(None) as session:
        session.offer([ANNE])
        assert session.deliver(CONTENT) == Answer(250, "OK")
    stranger = relay(server.port, security=security)
    with SmtpTransport(stranger, SENDER).session(None) as session, pytest.raises(OutOfReach, match="is not trusted"):
        session.offer([ANNE])
    misnamed = relay(server.port, security=security, ca=authority, host="localhost")
    with SmtpTransport(misnamed, SENDER).session(None) as session, pytest.raises(OutOfReach, match="is not trusted"):
        session.offer([ANNE])


def test_a_login_is_made_where_there_is_an_account(
    protected: Callable[..., MailServer], certificate: tuple[ssl.SSLContext, Path]
) -> None:
    context, authority = certificate
    server = protected(starttls=context, login=("brico", "secret"))
    known = relay(server.port, security=Security.STARTTLS, ca=authority, user="brico", password="secret")
    with SmtpTransport(known, SENDER).session(None) as session:
        session.offer([ANNE])
        assert session.deliver(CONTENT) == Answer(250, "OK")
    guessing = relay(server.port, security=Security.STARTTLS, ca=authority, user="brico", password="guess")
    with SmtpTransport(guessing, SENDER).session(None) as session:
        with pytest.raises(OutOfReach, match="refused the login") as refused:
            session.offer([ANNE])
        assert "guess" not in str(refused.value)


def test_a_server_without_starttls_is_never_spoken_to_in_clear(mail_server: MailServer) -> None:
    asking = relay(mail_server.port, security=Security.STARTTLS, user="brico", password="secret")
    with SmtpTransport(asking, SENDER).session(None) as session, pytest.raises(OutOfReach, match="does not offer"):
        session.offer([ANNE])
    assert mail_server.commands["MAIL"] == 0
