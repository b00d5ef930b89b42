import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from chassis.database import Database
from chassis.errors import InvalidInput, UnknownResource
from chassis.filters import parse_filter
from chassis.listing import ListQuery, parse_order
from chassis.operations import OperatingMode
from services.mail.domain.delivery import Answer, Lost, Try, settle
from services.mail.domain.errors import MailMoved
from services.mail.domain.mail import DueMail, Mail, NewMail
from services.mail.domain.states import MailState, RecipientState
from tests.mail.conftest import OpenMailWork, content_of, new_mail, set_mode

YES, LATER, NO = Answer(250, "OK"), Answer(451, "busy"), Answer(550, "no such user")


def stored(open_work: OpenMailWork, *mails: NewMail) -> None:
    with open_work() as work:
        assert work.mails.add_many(mails) == {mail.id for mail in mails}


def due(open_work: OpenMailWork) -> list[DueMail]:
    with open_work() as work:
        return list(work.mails.due(10))


def shown(open_work: OpenMailWork, mail: NewMail) -> Mail:
    with open_work() as work:
        return work.mails.get(mail.id)


def tried(open_work: OpenMailWork, answers: dict[str, Answer], content: Answer | Lost | None) -> None:
    (mail,) = due(open_work)
    offered = {address: answers[str(address)] for address in mail.pending}
    with open_work() as work:
        if content is not None:
            work.mails.begin_sending(mail.id)
        tried = Try(offered=offered, content=content)
        work.mails.settle(mail, settle(mail.id, mail.attempts, mail.settled, tried, work.now()))


def test_a_mail_is_kept_whole(open_work: OpenMailWork) -> None:
    mail = new_mail("anne@client.example", "bob@client.example", subject="é\\n\"'", site="paris")
    stored(open_work, mail)
    kept = shown(open_work, mail)
    assert (kept.state, kept.attempts, kept.send_time) == (MailState.QUEUED, 0, None)
    assert kept.recipients == ("anne@client.example", "bob@client.example")
    assert kept.attachments == ("C1-4-BRICO.pdf",)
    assert (kept.subject, kept.site, kept.message_id) == ("é\\n\"'", "paris", mail.message_id)
    (found,) = due(open_work)
    assert (found.body, found.create_time) == (mail.body, kept.create_time)
    with open_work() as work:
        assert list(work.mails.begin_sending(mail.id)) == list(mail.attachments)


def test_a_mail_without_attachments_is_kept(open_work: OpenMailWork) -> None:
    mail = new_mail(attachments=())
    stored(open_work, mail)
    assert shown(open_work, mail).attachments == ()


def test_an_unknown_mail_is_named(open_work: OpenMailWork) -> None:
    with pytest.raises(UnknownResource, match="mails/"), open_work() as work:
        work.mails.get(uuid4())


def test_the_content_of_attachments_goes_with_sent_and_not_before(
    open_work: OpenMailWork, mail_database: Database
) -> None:
    mail = new_mail("anne@client.example", "bob@client.example")
    stored(open_work, mail)
    tried(open_work, {"anne@client.example": YES, "bob@client.example": LATER}, YES)
    assert shown(open_work, mail).state is MailState.QUEUED
    assert content_of(mail_database, mail.id) == [b"%PDF-1.4"]
    with mail_database.begin() as connection:
        connection.execute(sa.text("UPDATE mail SET next_time = now()"))
    (again,) = due(open_work)
    assert [str(address) for address in again.pending] == ["bob@client.example"]
    assert again.settled == {RecipientState.SENT}
    tried(open_work, {"bob@client.example": YES}, YES)
    assert shown(open_work, mail).state is MailState.SENT
    assert shown(open_work, mail).attachments == ("C1-4-BRICO.pdf",)
    assert content_of(mail_database, mail.id) == [None]


@pytest.mark.parametrize(("content", "state"), [(NO, MailState.FAILED), (Lost("closed"), MailState.UNCERTAIN)])
def test_what_was_not_surely_sent_keeps_its_attachments(
    open_work: OpenMailWork, mail_database: Database, content: Answer | Lost, state: MailState
) -> None:
    mail = new_mail()
    stored(open_work, mail)
    tried(open_work, {"anne@client.example": YES}, content)
    assert shown(open_work, mail).state is state
    assert shown(open_work, mail).send_time is None
    assert content_of(mail_database, mail.id) == [b"%PDF-1.4"]
    assert due(open_work) == []


def everything_stored(database: Database) -> str:
    with database.begin() as connection:
        return repr([connection.execute(sa.text(f"SELECT * FROM {table}")).all() for table in ("mail", "recipient")])


def test_a_walk_in_clients_address_is_sealed_while_it_waits_and_gone_once_sent(
    open_work: OpenMailWork, mail_database: Database
) -> None:
    mail = new_mail("anne@client.example", walk_in=True)
    stored(open_work, mail)
    assert "anne" not in everything_stored(mail_database)
    assert shown(open_work, mail).recipients == ("a…@client.example",)
    (found,) = due(open_work)
    assert [str(address) for address in found.pending] == ["anne@client.example"]
    tried(open_work, {"anne@client.example": YES}, YES)
    with mail_database.begin() as connection:
        assert connection.execute(sa.text("SELECT address FROM recipient")).scalars().all() == [None]


@pytest.mark.parametrize("content", [NO, Lost("closed")])
def test_a_walk_in_clients_address_is_gone_whatever_becomes_of_the_mail(
    open_work: OpenMailWork, mail_database: Database, content: Answer | Lost
) -> None:
    stored(open_work, new_mail("anne@client.example", walk_in=True))
    tried(open_work, {"anne@client.example": YES}, content)
    with mail_database.begin() as connection:
        assert connection.execute(sa.text("SELECT address FROM recipient")).scalars().all() == [None]


def test_a_ticket_is_stored_once_for_each_copy(open_work: OpenMailWork) -> None:
    first = new_mail(ticket="tickets/1-1-1")
    stored(open_work, first)
    twin, copy = new_mail("bob@client.example", ticket="tickets/1-1-1"), new_mail(ticket="tickets/1-1-1", copy=1)
    with open_work() as work:
        assert work.mails.add_many([twin, copy, new_mail(ticket="tickets/1-1-2")]) > {copy.id}
        assert work.mails.mailed(["tickets/1-1-1", "tickets/1-1-2", "tickets/1-1-3"]) == {
            "tickets/1-1-1",
            "tickets/1-1-2",
        }
    with pytest.raises(UnknownResource):
        shown(open_work, twin)


def test_mails_without_a_ticket_are_never_doubles(open_work: OpenMailWork) -> None:
    stored(open_work, new_mail(), new_mail())
    assert len(due(open_work)) == 2


def test_two_who_mail_one_ticket_at_once_count_one_after_the_other(open_work: OpenMailWork) -> None:
    copies: list[int] = []

    def mail_it() -> None:
        with open_work() as work:
            copy = work.mails.next_copy("tickets/1-1-1")
            assert work.mails.add_many([new_mail(ticket="tickets/1-1-1", copy=copy)])
            copies.append(copy)

    threads = [threading.Thread(target=mail_it) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(copies) == [0, 1, 2, 3, 4, 5]


def test_only_a_queued_mail_begins_to_be_sent(open_work: OpenMailWork) -> None:
    mail = new_mail()
    stored(open_work, mail)
    with open_work() as work:
        work.mails.begin_sending(mail.id)
    with pytest.raises(MailMoved), open_work() as work:
        work.mails.begin_sending(mail.id)
    assert due(open_work) == []


def test_a_settled_mail_is_not_settled_again(open_work: OpenMailWork) -> None:
    mail = new_mail()
    stored(open_work, mail)
    (found,) = due(open_work)
    (address,) = found.pending
    sent = Try(offered={address: YES}, content=YES)
    with open_work() as work:
        work.mails.begin_sending(mail.id)
        plan = settle(mail.id, 0, frozenset(), sent, work.now())
        work.mails.settle(found, plan)
    with pytest.raises(MailMoved), open_work() as work:
        work.mails.settle(found, replace(plan, state=MailState.FAILED))


def test_what_is_found_sending_becomes_uncertain(open_work: OpenMailWork) -> None:
    left, waiting = new_mail(), new_mail()
    stored(open_work, left, waiting)
    with open_work() as work:
        work.mails.begin_sending(left.id)
    with open_work() as work:
        assert work.mails.strand("interrompu") == [left.id]
    assert (shown(open_work, left).state, shown(open_work, left).last_answer) == (MailState.UNCERTAIN, "interrompu")
    assert shown(open_work, waiting).state is MailState.QUEUED


def ids(mails: Sequence[DueMail]) -> list[UUID]:
    return [mail.id for mail in mails]


@pytest.mark.parametrize("mode", [OperatingMode.ISOLATED, OperatingMode.TRAINING])
def test_mails_of_a_site_that_is_not_normal_are_passed_over(open_work: OpenMailWork, mode: OperatingMode) -> None:
    held, by_hand = new_mail(site="lille"), new_mail(site="lille", mode="isolated")
    stored(open_work, held, by_hand)
    set_mode(open_work, mode, 1)
    assert ids(due(open_work)) == [by_hand.id]
    with open_work() as work:
        assert work.mails.postpone(work.now() + timedelta(hours=1), "x") == 1
        next_time = work.mails.next_time()
        assert next_time is not None
        assert next_time > work.now()
        with pytest.raises(MailMoved):
            work.mails.begin_sending(held.id)
    set_mode(open_work, OperatingMode.NORMAL, 2)
    assert ids(due(open_work)) == [held.id]


def test_what_was_only_practised_stands_in_the_way_of_nothing(open_work: OpenMailWork) -> None:
    practised = new_mail(ticket="tickets/12-1-4", mode="training", last_answer="mode école")
    stored(open_work, practised)
    kept = shown(open_work, practised)
    assert (kept.state, kept.last_answer) == (MailState.ABANDONED, "mode école")
    assert kept.attachments == ("C1-4-BRICO.pdf",)
    with open_work() as work:
        assert work.mails.mailed(["tickets/12-1-4"]) == set()
        assert work.mails.next_copy("tickets/12-1-4") == 0
    real = new_mail(ticket="tickets/12-1-4")
    with open_work() as work:
        assert work.mails.add_many([real]) == {real.id}
    assert ids(due(open_work)) == [real.id]


def test_while_the_server_is_out_of_reach_all_that_is_due_waits_and_no_try_is_counted(
    open_work: OpenMailWork,
) -> None:
    first, second = new_mail(), new_mail()
    stored(open_work, first, second)
    with open_work() as work:
        until = work.now() + timedelta(minutes=1)
        assert work.mails.postpone(until, "hors d'atteinte") == 2
    with open_work() as work:
        assert work.mails.next_time() == until
    assert due(open_work) == []
    assert (shown(open_work, first).attempts, shown(open_work, first).last_answer) == (0, "hors d'atteinte")


def test_mails_are_counted_by_state(open_work: OpenMailWork) -> None:
    stored(open_work, new_mail())
    tried(open_work, {"anne@client.example": YES}, YES)
    stored(open_work, new_mail(), new_mail())
    with open_work() as work:
        assert work.mails.counts() == {
            MailState.QUEUED: 2,
            MailState.SENDING: 0,
            MailState.UNCERTAIN: 0,
            MailState.FAILED: 0,
        }


def test_mails_are_listed_newest_first_and_by_filter(open_work: OpenMailWork) -> None:
    mails = [new_mail(ticket=f"tickets/1-1-{number}", site="paris" if number else "lyon") for number in range(3)]
    for mail in mails:
        stored(open_work, mail)
    with open_work() as work:
        first, token = work.mails.page(ListQuery(page_size=2))
        rest, end = work.mails.page(ListQuery(page_size=2, page_token=token))
        assert [mail.id for mail in (*first, *rest)] == [mail.id for mail in reversed(mails)]
        assert end == ""
        one = parse_filter('ticket = "tickets/1-1-2" AND state = QUEUED AND site = "paris"')
        assert [mail.id for mail in work.mails.page(ListQuery(filter=one))[0]] == [mails[2].id]
        ordered, _ = work.mails.page(ListQuery(order_by=parse_order("ticket")))
        assert [mail.id for mail in ordered] == [mail.id for mail in mails]
        with pytest.raises(InvalidInput):
            work.mails.page(ListQuery(filter=parse_filter("subject = x")))
