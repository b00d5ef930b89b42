"""Logins at servers that people name for a mail: trust, passwords, and what is left of them."""

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from services.mail.application.watch_outbox import watch_outbox
from services.mail.domain.servers import Security
from services.mail.domain.states import MailState
from tests.mail.conftest import OpenMailWork, new_mail, put
from tests.mail.mail_server import MailServer
from tests.mail.office import Office, own, transport


def test_a_login_that_is_refused_fails_its_mails_and_is_tried_once(
    office: Office, open_work: OpenMailWork, protected: Callable[..., MailServer]
) -> None:
    server = protected(login=("edi", "secret"))
    guessing = [new_mail(server=own(server.port, user_name="edi", password="guess")) for _ in range(3)]
    knowing = new_mail(server=own(server.port, user_name="edi", password="secret"))
    put(open_work, *guessing, knowing)
    office.send_by_servers()
    for mail in guessing:
        kept = office.mail(mail.id)
        assert kept.state is MailState.FAILED
        assert "refused the login (535" in kept.last_answer
        assert "guess" not in kept.last_answer
    assert office.mail(knowing.id).state is MailState.SENT
    assert server.commands["EHLO"] == 2  # one for each login
    assert office.passwords() == [None] * 4


def test_a_login_may_have_letters_outside_ascii(
    office: Office, open_work: OpenMailWork, protected: Callable[..., MailServer]
) -> None:
    server = protected(login=("édi", "sécret"))
    fine = new_mail(server=own(server.port, user_name="édi", password="sécret"))
    wrong = new_mail(server=own(server.port, user_name="édi", password="secrèt"))
    put(open_work, fine, wrong)
    office.send_by_servers()
    assert (office.mail(fine.id).state, office.mail(wrong.id).state) == (MailState.SENT, MailState.FAILED)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_certificate_is_verified_and_one_that_nobody_vouches_for_fails_the_mail(
    office: Office,
    open_work: OpenMailWork,
    protected: Callable[..., MailServer],
    certificate: tuple[ssl.SSLContext, Path],
    mail_server: MailServer,
    security: Security,
) -> None:
    context, authority = certificate
    server = protected(**{security.value: context}, login=("edi", "secret"))
    login = {"security": security, "user_name": "edi", "password": "secret"}
    stranger = new_mail(server=own(server.port, **login))
    put(open_work, stranger)
    office.send_by_servers()
    kept = office.mail(stranger.id)
    assert kept.state is MailState.FAILED
    assert "is not trusted" in kept.last_answer
    office.transport = transport(mail_server.port, own_ca=authority)
    vouched = new_mail(server=own(server.port, **login))
    put(open_work, vouched)
    office.send_by_servers()
    assert office.mail(vouched.id).state is MailState.SENT


def test_a_server_without_the_tls_that_was_asked_for_gets_nothing(
    office: Office, open_work: OpenMailWork, own_server: MailServer
) -> None:
    mails = [new_mail(server=own(own_server.port, security=each)) for each in (Security.STARTTLS, Security.TLS)]
    put(open_work, *mails)
    office.send_by_servers()
    assert [office.mail(mail.id).state for mail in mails] == [MailState.FAILED, MailState.FAILED]
    assert own_server.commands["MAIL"] == 0


@pytest.mark.parametrize(("denied", "ports"), [("127.0.0.0/8", ""), ("", "25 465 587")])
def test_a_host_or_port_where_mail_must_not_call_is_not_called(
    office: Office,
    open_work: OpenMailWork,
    mail_server: MailServer,
    own_server: MailServer,
    denied: str,
    ports: str,
) -> None:
    office.transport = transport(mail_server.port, denied=denied, ports=ports)
    mail, plain = new_mail(server=own(own_server.port)), new_mail()
    put(open_work, mail, plain)
    office.send_by_servers()
    office.send()
    kept = office.mail(mail.id)
    assert (kept.state, own_server.commands) == (MailState.FAILED, {})
    assert "127.0.0.1" in kept.last_answer
    assert "must not be called" in kept.last_answer
    assert office.mail(plain.id).state is MailState.SENT  # the administrator's own is not asked


def test_an_answer_that_never_comes_leaves_the_mail_uncertain_without_its_password(
    office: Office, open_work: OpenMailWork, protected: Callable[..., MailServer]
) -> None:
    server = protected(login=("edi", "secret"))
    mail = new_mail(server=own(server.port, user_name="edi", password="secret"))
    put(open_work, mail)
    server.behaviour.close_at.add("CONTENT")
    office.send_by_servers()
    office.pass_time()
    watch_outbox(open_work, office.meter)
    office.send_by_servers()
    assert office.mail(mail.id).state is MailState.UNCERTAIN
    assert (len(server.lost), len(server.taken)) == (1, 0)
    assert office.passwords() == [None]


def test_a_password_lies_encrypted_while_its_mail_waits_and_is_gone_once_it_is_sent(
    office: Office, open_work: OpenMailWork, protected: Callable[..., MailServer]
) -> None:
    server = protected(login=("edi", "geheim"))
    mail = new_mail(server=own(server.port, user_name="edi", password="geheim"))
    put(open_work, mail)
    (stored,) = office.passwords()
    assert stored is not None
    assert "geheim" not in stored
    server.behaviour.recipients["anne@client.example"] = "451 later"
    office.send_by_servers()
    assert office.passwords() == [stored]
    server.behaviour.recipients.clear()
    office.pass_time()
    office.send_by_servers()
    assert office.mail(mail.id).state is MailState.SENT
    assert office.passwords() == [None]


def test_a_password_whose_key_is_gone_fails_its_mail_and_no_other(
    office: Office, open_work: OpenMailWork, own_server: MailServer
) -> None:
    lost = new_mail(server=own(own_server.port, user_name="edi", password="secret"))
    fine = new_mail(server=own(own_server.port))
    put(open_work, lost)
    with office.database.begin() as connection:
        connection.execute(sa.text("UPDATE own_server SET password = 'sealed with a key that is gone'"))
    put(open_work, fine)
    office.send_by_servers()
    kept = office.mail(lost.id)
    assert kept.state is MailState.FAILED
    assert "mot de passe" in kept.last_answer
    assert office.mail(fine.id).state is MailState.SENT


def test_what_is_practised_keeps_no_password_and_never_leaves(
    office: Office, open_work: OpenMailWork, own_server: MailServer
) -> None:
    mail = new_mail(server=own(own_server.port, user_name="edi", password="secret"), mode="training")
    put(open_work, mail)
    office.send_by_servers()
    assert (office.mail(mail.id).state, office.passwords()) == (MailState.ABANDONED, [None])
    assert own_server.commands == {}
