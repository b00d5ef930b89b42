import socket
from uuid import UUID

import pytest
import sqlalchemy as sa

from chassis.operations import OperatingMode
from services.mail.application.watch_outbox import watch_outbox
from services.mail.domain.states import MailState
from tests.mail.conftest import OpenMailWork, new_mail, put, set_mode
from tests.mail.mail_server import MailServer
from tests.mail.office import Office, transport


def test_what_is_stored_is_sent_whole_with_its_fixed_message_id(
    office: Office, open_work: OpenMailWork, mail_server: MailServer
) -> None:
    mail = new_mail("anne@client.example", "bob@client.example")
    put(open_work, mail)
    office.send()
    (delivered,) = mail_server.taken
    assert delivered.message["Message-ID"] == mail.message_id
    assert delivered.recipients == ["anne@client.example", "bob@client.example"]
    (attached,) = delivered.message.iter_attachments()
    assert attached.get_content() == b"%PDF-1.4"
    kept = office.mail(mail.id)
    assert (kept.state, kept.attempts, kept.last_answer) == (MailState.SENT, 1, "250 OK")
    assert kept.send_time is not None
    assert office.journal() == [f"mails/{mail.id} envoyé : 250 OK"]
    assert office.meter.states == [MailState.SENT]


def test_many_mails_share_one_operation_and_one_connection(
    office: Office, open_work: OpenMailWork, mail_server: MailServer
) -> None:
    for _ in range(3):
        put(open_work, *[new_mail() for _ in range(20)])
    assert office.operations("mail.send-outbox") == 1
    office.send()
    assert len(mail_server.taken) == 60
    assert mail_server.commands["EHLO"] == 1
    assert office.operations("mail.send-outbox") == 0


def test_a_temporary_refusal_is_tried_again_later_and_only_for_who_lacks_it(
    office: Office, open_work: OpenMailWork, mail_server: MailServer
) -> None:
    mail = new_mail("anne@client.example", "bob@client.example")
    put(open_work, mail)
    mail_server.behaviour.recipients["bob@client.example"] = "451 greylisted"
    office.send()
    kept = office.mail(mail.id)
    assert (kept.state, kept.attempts) == (MailState.QUEUED, 1)
    assert kept.last_answer == "anne@client.example: 250 OK; bob@client.example: 451 greylisted"
    office.send()
    assert len(mail_server.taken) == 1
    assert office.operations("mail.send-outbox") == 1
    mail_server.behaviour.recipients.clear()
    office.pass_time()
    office.send()
    assert [delivered.recipients for delivered in mail_server.taken] == [
        ["anne@client.example"],
        ["bob@client.example"],
    ]
    assert office.mail(mail.id).state is MailState.SENT
    assert office.operations("mail.send-outbox") == 0


def test_a_refusal_for_good_fails_the_mail_and_others_go_on(
    office: Office, open_work: OpenMailWork, mail_server: MailServer
) -> None:
    refused, fine = new_mail(), new_mail()
    mail_server.behaviour.content.append("554 spam")
    put(open_work, refused)
    put(open_work, fine)
    office.send()
    assert (office.mail(refused.id).state, office.mail(refused.id).last_answer) == (MailState.FAILED, "554 spam")
    assert office.mail(fine.id).state is MailState.SENT


def test_a_connection_lost_after_data_leaves_the_mail_uncertain_for_ever(
    office: Office, open_work: OpenMailWork, mail_server: MailServer
) -> None:
    mail, other = new_mail(), new_mail()
    put(open_work, mail, other)
    mail_server.behaviour.close_at.add("CONTENT")
    office.send()
    office.pass_time()
    watch_outbox(open_work, office.meter)
    office.send()
    assert sorted([office.mail(mail.id).state, office.mail(other.id).state]) == [MailState.SENT, MailState.UNCERTAIN]
    assert len(mail_server.lost) + len(mail_server.taken) == 2


@pytest.mark.parametrize("where", ["MAIL", "RCPT"])
def test_a_connection_lost_before_data_counts_no_try_and_the_mail_is_sent_later(
    office: Office, open_work: OpenMailWork, mail_server: MailServer, where: str
) -> None:
    mail = new_mail()
    put(open_work, mail)
    mail_server.behaviour.close_at.add(where)
    office.send()
    kept = office.mail(mail.id)
    assert (kept.state, kept.attempts) == (MailState.QUEUED, 0)
    assert "closed the connection" in kept.last_answer
    office.pass_time()
    office.send()
    assert office.mail(mail.id).state is MailState.SENT
    assert len(mail_server.taken) == 1


def test_a_server_that_is_away_is_asked_ever_more_rarely(office: Office, open_work: OpenMailWork) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        office.transport = transport(taken.getsockname()[1])
    mail = new_mail()
    put(open_work, mail)
    outages = []
    for _ in range(3):
        office.send()
        with office.database.begin() as connection:
            request = sa.text("SELECT request FROM operation WHERE state = 'queued' AND kind = 'mail.send-outbox'")
            outages.append(connection.execute(request).scalar_one()["outages"])
        office.pass_time()
    assert outages == [1, 2, 3]
    kept = office.mail(mail.id)
    assert (kept.state, kept.attempts) == (MailState.QUEUED, 0)
    assert "is the server running" in kept.last_answer
    assert len(office.journal()) == 3


def test_mails_of_a_site_that_left_normal_mode_stay_and_go_when_it_is_back(
    office: Office, open_work: OpenMailWork, mail_server: MailServer
) -> None:
    set_mode(open_work, OperatingMode.ISOLATED, 1)
    mail = new_mail(site="lille")
    put(open_work, mail, new_mail(site="lyon"))
    office.send()
    assert len(mail_server.taken) == 1
    assert office.mail(mail.id).state is MailState.QUEUED
    watch_outbox(open_work, office.meter)
    assert office.operations("mail.send-outbox") == 0  # nothing to do yet
    set_mode(open_work, OperatingMode.NORMAL, 2)
    watch_outbox(open_work, office.meter)
    office.send()
    assert office.mail(mail.id).state is MailState.SENT


def test_a_retry_waits_for_its_site_too(office: Office, open_work: OpenMailWork, mail_server: MailServer) -> None:
    mail = new_mail(site="lille")
    put(open_work, mail)
    mail_server.behaviour.recipients["anne@client.example"] = "451 later"
    office.send()
    mail_server.behaviour.recipients.clear()
    set_mode(open_work, OperatingMode.TRAINING, 1)
    office.pass_time()
    office.send()
    assert mail_server.taken == []
    set_mode(open_work, OperatingMode.NORMAL, 2)
    watch_outbox(open_work, office.meter)
    office.send()
    assert office.mail(mail.id).state is MailState.SENT


def test_no_mode_of_a_site_keeps_the_others_waiting(
    office: Office, open_work: OpenMailWork, mail_server: MailServer
) -> None:
    set_mode(open_work, OperatingMode.ISOLATED, 1, site="default")
    put(open_work, new_mail(site="lyon"))
    office.send()
    assert len(mail_server.taken) == 1


def test_nothing_said_of_a_walk_in_client_holds_the_address(
    office: Office, open_work: OpenMailWork, mail_server: MailServer
) -> None:
    mail = new_mail("anne@client.example", walk_in=True)
    put(open_work, mail)
    mail_server.behaviour.recipients["anne@client.example"] = "550 <anne@client.example> unknown"
    office.send()
    assert office.mail(mail.id).last_answer == "550 <a…@client.example> unknown"
    assert "anne@" not in "".join(office.journal())
    with office.database.begin() as connection:
        assert "anne" not in repr(connection.execute(sa.text("SELECT * FROM recipient")).all())


def test_a_forgotten_mail_is_found_by_the_watch(
    office: Office, open_work: OpenMailWork, mail_server: MailServer
) -> None:
    with open_work() as work:
        work.mails.add_many([new_mail()])
    watch_outbox(open_work, office.meter)
    assert office.meter.counts[MailState.QUEUED] == 1
    office.send()
    assert len(mail_server.taken) == 1
    watch_outbox(open_work, office.meter)
    assert office.meter.counts[MailState.QUEUED] == 0
    assert office.operations("mail.send-outbox") == 0


def test_operations_of_the_outbox_do_not_multiply(
    office: Office, open_work: OpenMailWork, mail_server: MailServer
) -> None:
    mail_server.behaviour.recipients["anne@client.example"] = "451 later"
    identifiers: list[UUID] = []
    for _ in range(5):
        mail = new_mail()
        put(open_work, mail)
        identifiers.append(mail.id)
        office.send()
    assert office.operations("mail.send-outbox") <= 2
    for _ in range(3):
        office.pass_time()
        office.send()
        assert office.operations("mail.send-outbox") <= 2
    assert {office.mail(identifier).attempts for identifier in identifiers} == {4}
