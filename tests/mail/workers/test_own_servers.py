"""Servers that people name for a mail, beside mail's own: real ones, each with its own troubles."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import sqlalchemy as sa

from chassis.embedded.server import free_ports
from chassis.operations import NewOperation, OperatingMode
from services.mail.application.watch_outbox import watch_outbox
from services.mail.domain.address import parse_address
from services.mail.domain.retry import MOST_OUTAGES
from services.mail.domain.states import MailState
from tests.mail.conftest import OpenMailWork, new_mail, put, set_mode
from tests.mail.mail_server import MailServer
from tests.mail.office import Office, own, transport

EDI = parse_address("edi@fournisseur.example")


def pass_outages(office: Office, outages: int) -> None:
    with office.database.begin() as connection:
        connection.execute(sa.text("UPDATE mail SET outages = :outages"), {"outages": outages})


@contextmanager
def held_by_another(office: Office, server: str) -> Iterator[None]:
    """Another process is at this server just now."""
    with office.open_work() as work:
        other: UUID = work.operations.add(NewOperation(kind="mail.send-by-server"))
        work.connection.execute(
            sa.text("UPDATE operation SET state = 'running', worker = :id, epoch = 1 WHERE id = :id"), {"id": other}
        )
        assert work.leases.take(server, other, 1)
    yield
    with office.database.begin() as connection:
        connection.execute(sa.text("DELETE FROM operation WHERE id = :id"), {"id": other})


def test_a_mail_goes_by_the_server_that_is_named_for_it_and_in_its_senders_name(
    office: Office, open_work: OpenMailWork, mail_server: MailServer, own_server: MailServer
) -> None:
    edi, plain = new_mail(server=own(own_server.port, sender=EDI)), new_mail()
    put(open_work, edi, plain)
    office.send()
    office.send_by_servers()
    (by_own,), (by_house,) = own_server.taken, mail_server.taken
    assert (by_own.sender, by_own.message["From"]) == ("edi@fournisseur.example", "edi@fournisseur.example")
    assert (by_house.sender, by_house.message["From"]) == ("tickets@brico.example", "BRICO <tickets@brico.example>")
    kept = office.mail(edi.id)
    assert (kept.state, kept.server) == (MailState.SENT, f"127.0.0.1:{own_server.port}")
    assert office.mail(plain.id).server == ""
    assert office.operations("mail.send-by-server") == 0


def test_without_a_sender_of_its_own_it_goes_in_mails_name(
    office: Office, open_work: OpenMailWork, own_server: MailServer
) -> None:
    put(open_work, new_mail(server=own(own_server.port)))
    office.send_by_servers()
    assert own_server.taken[0].message["From"] == "BRICO <tickets@brico.example>"


def test_a_server_that_is_away_keeps_only_its_own_mails_waiting(
    office: Office, open_work: OpenMailWork, mail_server: MailServer, own_server: MailServer
) -> None:
    (nobody,) = free_ports(1)
    waits, goes, plain = new_mail(server=own(nobody)), new_mail(server=own(own_server.port)), new_mail()
    put(open_work, waits, goes, plain)
    office.send_by_servers()
    office.send()
    assert [office.mail(mail.id).state for mail in (goes, plain)] == [MailState.SENT, MailState.SENT]
    kept = office.mail(waits.id)
    assert (kept.state, kept.attempts) == (MailState.QUEUED, 0)
    assert f"127.0.0.1:{nobody} refused the connection" in kept.last_answer
    assert office.operations("mail.send-by-server") == 1
    assert f"127.0.0.1:{nobody} hors d'atteinte, 1 mails" in office.journal()[0]


def test_a_house_server_that_is_away_keeps_no_other_waiting(
    office: Office, open_work: OpenMailWork, own_server: MailServer
) -> None:
    office.transport = transport(free_ports(1)[0])
    goes, plain = new_mail(server=own(own_server.port)), new_mail()
    put(open_work, goes, plain)
    office.send()
    office.send_by_servers()
    assert (office.mail(goes.id).state, office.mail(plain.id).state) == (MailState.SENT, MailState.QUEUED)


def test_a_server_that_says_nothing_holds_up_no_other(
    office: Office, open_work: OpenMailWork, mail_server: MailServer, own_server: MailServer
) -> None:
    office.transport = transport(mail_server.port, patience=60.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hangs = new_mail(server=own(silent.getsockname()[1]))
        put(open_work, hangs)
        waiting = threading.Thread(target=office.send_by_servers)
        waiting.start()
        connection, _ = silent.accept()
        with connection:
            goes = new_mail(server=own(own_server.port))
            put(open_work, goes)
            office.send_by_servers()
            assert office.mail(goes.id).state is MailState.SENT
            assert office.operations("mail.send-by-server", "running") == 1  # still listening to the silent one
        waiting.join()
    kept = office.mail(hangs.id)
    assert kept.state is MailState.QUEUED
    assert "closed the connection" in kept.last_answer


def test_a_mail_is_given_up_after_its_servers_last_outage_and_its_password_goes(
    office: Office, open_work: OpenMailWork
) -> None:
    (nobody,) = free_ports(1)
    old, young = (new_mail(server=own(nobody, user_name="edi", password="secret")) for _ in range(2))
    put(open_work, old)
    pass_outages(office, MOST_OUTAGES - 2)
    put(open_work, young)
    office.send_by_servers()
    assert [office.mail(mail.id).state for mail in (old, young)] == [MailState.QUEUED, MailState.QUEUED]
    office.pass_time()
    office.send_by_servers()
    assert [office.mail(mail.id).state for mail in (old, young)] == [MailState.FAILED, MailState.QUEUED]
    assert "refused the connection" in office.mail(old.id).last_answer
    assert sorted(secret is None for secret in office.passwords()) == [False, True]
    assert office.meter.states == [MailState.FAILED]


def test_one_refused_recipient_among_several_is_told_and_the_others_get_it(
    office: Office, open_work: OpenMailWork, own_server: MailServer
) -> None:
    mail = new_mail("anne@client.example", "bob@client.example", server=own(own_server.port))
    put(open_work, mail)
    own_server.behaviour.recipients["bob@client.example"] = "550 5.1.1 no such user"
    office.send_by_servers()
    assert own_server.taken[0].recipients == ["anne@client.example"]
    kept = office.mail(mail.id)
    assert kept.state is MailState.FAILED
    assert kept.last_answer == "anne@client.example: 250 OK; bob@client.example: 550 5.1.1 no such user"


def test_content_that_is_too_large_for_it_fails_the_mail(
    office: Office, open_work: OpenMailWork, own_server: MailServer
) -> None:
    mail = new_mail(server=own(own_server.port))
    put(open_work, mail)
    own_server.behaviour.content.append("552 5.3.4 message too big")
    office.send_by_servers()
    kept = office.mail(mail.id)
    assert (kept.state, kept.last_answer) == (MailState.FAILED, "552 5.3.4 message too big")


def test_while_another_is_at_the_server_nothing_is_called_stranded(
    office: Office, open_work: OpenMailWork, own_server: MailServer
) -> None:
    server = own(own_server.port)
    half_sent, waits = new_mail(server=server), new_mail(server=server)
    put(open_work, half_sent, waits)
    with open_work() as work:
        work.mails.begin_sending(half_sent.id)
    with held_by_another(office, server.address):
        office.send_by_servers()
        assert office.mail(half_sent.id).state is MailState.SENDING
        assert office.mail(waits.id).state is MailState.QUEUED
    office.pass_time()
    office.send_by_servers()  # the other has gone, and so has what it was sending
    assert office.mail(half_sent.id).state is MailState.UNCERTAIN
    assert office.mail(waits.id).state is MailState.SENT


def test_a_mail_of_a_site_that_is_not_normal_waits_whatever_its_server(
    office: Office, open_work: OpenMailWork, own_server: MailServer
) -> None:
    set_mode(open_work, OperatingMode.ISOLATED, 1)
    mail = new_mail(site="lille", server=own(own_server.port))
    put(open_work, mail)
    office.send_by_servers()
    assert office.mail(mail.id).state is MailState.QUEUED
    set_mode(open_work, OperatingMode.NORMAL, 2)
    watch_outbox(open_work, office.meter)
    office.send_by_servers()
    assert office.mail(mail.id).state is MailState.SENT
