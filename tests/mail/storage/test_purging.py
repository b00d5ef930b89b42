"""What mail forgets, and what it keeps."""

from datetime import timedelta

import sqlalchemy as sa

from chassis.database import Database
from chassis.operations.purging import forget
from services.mail.domain.delivery import Answer, Try, settle
from services.mail.domain.mail import NewMail
from services.mail.domain.states import MailState
from services.mail.storage.purging import purges
from tests.mail.conftest import OpenMailWork, new_mail

SENT = Answer(250, "OK for <anne@client.example>")
REFUSED = Answer(550, "no such user")


def send(open_work: OpenMailWork, mail: NewMail, *answers: Answer) -> None:
    """Stores and sends it: the answers for its recipients."""
    with open_work() as work:
        work.mails.add_many([mail])
        (due,) = work.mails.due(10)
        offered = dict(zip(due.pending, answers, strict=True))
        content = None
        if any(answer.taken for answer in answers):
            work.mails.begin_sending(mail.id)
            content = answers[0]
        tried = Try(offered=offered, content=content)
        work.mails.settle(due, settle(due.id, due.attempts, due.settled, tried, work.now()))


def age(open_work: OpenMailWork, mail: NewMail, days: int, sent: int | None = None) -> None:
    with open_work() as work:
        work.connection.execute(
            sa.text("UPDATE mail SET create_time = create_time - :age, send_time = send_time - :sent WHERE id = :id"),
            {"age": timedelta(days=days), "sent": timedelta(days=days if sent is None else sent), "id": mail.id},
        )


def purge(open_work: OpenMailWork) -> dict[str, int]:
    """What each purge has forgotten."""
    with open_work() as work:
        return {each.what: forget(work.connection, each) for each in purges(mails=400, addresses=30)}


def stored(database: Database, *tables: str) -> str:
    with database.begin() as connection:
        return repr([connection.execute(sa.text(f"SELECT * FROM {table}")).all() for table in tables])


def test_whom_a_mail_went_to_is_forgotten_thirty_days_after_it_was_sent_and_its_row_stays(
    open_work: OpenMailWork, mail_database: Database
) -> None:
    old, late = new_mail("anne@client.example"), new_mail("bob@client.example")
    send(open_work, old, SENT)
    send(open_work, late, Answer(250, "OK"))
    age(open_work, old, 31)
    age(open_work, late, 31, sent=29)
    assert purge(open_work) == {"purge.addresses": 1, "purge.mails": 0}
    assert "anne@" not in stored(mail_database, "mail", "recipient")
    with open_work() as work:
        kept = work.mails.get(old.id)
        assert (kept.state, kept.recipients, kept.last_answer) == (
            MailState.SENT,
            ("a…@client.example",),
            "250 OK for <a…@client.example>",
        )
        assert work.mails.get(late.id).recipients == ("bob@client.example",)
    assert purge(open_work) == {"purge.addresses": 0, "purge.mails": 0}


def test_what_was_practised_with_forgets_its_addresses_too(open_work: OpenMailWork, mail_database: Database) -> None:
    mail = new_mail("anne@client.example", mode="training")
    with open_work() as work:
        work.mails.add_many([mail])
    age(open_work, mail, 31)
    assert purge(open_work)["purge.addresses"] == 1
    assert "anne@" not in stored(mail_database, "mail", "recipient")


def test_a_mail_that_waits_or_that_a_person_has_to_look_at_keeps_its_addresses(open_work: OpenMailWork) -> None:
    refused, waiting = new_mail("anne@client.example"), new_mail("bob@client.example")
    send(open_work, refused, REFUSED)
    with open_work() as work:
        work.mails.add_many([waiting])
    for mail in (refused, waiting):
        age(open_work, mail, 399)
    assert purge(open_work) == {"purge.addresses": 0, "purge.mails": 0}
    with open_work() as work:
        assert work.mails.get(refused.id).recipients == ("anne@client.example",)


def test_mails_go_with_all_that_hangs_on_them_and_what_waits_to_be_sent_stays(
    open_work: OpenMailWork, mail_database: Database
) -> None:
    sent, held_long, refused, waiting = (new_mail(f"{name}@client.example") for name in ("a", "b", "c", "d"))
    send(open_work, sent, SENT)
    send(open_work, held_long, SENT)
    send(open_work, refused, REFUSED)
    with open_work() as work:
        work.mails.add_many([waiting])
    for mail in (sent, refused, waiting):
        age(open_work, mail, 401)
    age(open_work, held_long, 401, sent=1)
    assert purge(open_work)["purge.mails"] == 2
    with mail_database.begin() as connection:
        for table, column in (("mail", "id"), ("recipient", "mail"), ("attachment", "mail")):
            left = set(connection.execute(sa.text(f"SELECT {column} FROM {table}")).scalars())
            assert left == {held_long.id, waiting.id}
