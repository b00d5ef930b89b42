"""One mail that cannot be sent keeps no other back, and tells nobody whom it is for."""

import sqlalchemy as sa

from services.mail.application.watch_outbox import watch_outbox
from services.mail.domain.states import MailState
from tests.mail.conftest import OpenMailWork, new_mail, put
from tests.mail.mail_server import MailServer
from tests.mail.office import Office


def test_an_address_whose_key_is_lost_fails_its_mail_and_no_other(
    office: Office, open_work: OpenMailWork, mail_server: MailServer
) -> None:
    lost, fine = new_mail("jean@walk-in.example", walk_in=True), new_mail()
    put(open_work, lost)
    with office.database.begin() as connection:
        connection.execute(sa.text("UPDATE recipient SET address = 'sealed with a key that is gone'"))
    put(open_work, fine)
    office.send()
    assert office.mail(fine.id).state is MailState.SENT
    kept = office.mail(lost.id)
    assert (kept.state, kept.attempts) == (MailState.FAILED, 1)
    assert "adresse" in kept.last_answer
    assert len(mail_server.taken) == 1
    with office.database.begin() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM recipient WHERE address IS NULL")).scalar_one() == 1


def test_a_mail_that_a_parked_sending_left_behind_is_shown_as_uncertain_soon(
    office: Office, open_work: OpenMailWork
) -> None:
    mail = new_mail()
    put(open_work, mail)
    with open_work() as work:
        work.mails.begin_sending(mail.id)
    with office.database.begin() as connection:
        connection.execute(sa.text("UPDATE operation SET state = 'parked', ready = false"))
    watch_outbox(open_work, office.meter)
    office.send()
    assert office.mail(mail.id).state is MailState.UNCERTAIN


def test_a_server_that_closes_over_an_address_does_not_spread_it(
    office: Office, open_work: OpenMailWork, mail_server: MailServer
) -> None:
    typed = "jean@walk-in.example"
    mail_server.behaviour.recipients[typed] = f"421 too many mails for <{typed}> today"
    walk_in = new_mail(typed, walk_in=True)
    put(open_work, walk_in)
    put(open_work, new_mail())
    office.send()
    assert office.mail(walk_in.id).state is MailState.QUEUED
    with office.database.begin() as connection:
        for table in ("mail", "recipient", "journal_entry", "operation"):
            rows = connection.execute(sa.text(f"SELECT * FROM {table}")).all()
            assert rows
            assert "jean@" not in str(rows)
