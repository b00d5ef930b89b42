"""Mails that are given up while others are at them."""

import threading
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from chassis.database import Database
from services.mail.domain.errors import MailMoved
from services.mail.domain.retry import own_server_delays
from services.mail.domain.states import MailState
from tests.mail.conftest import OpenMailWork, new_mail
from tests.mail.office import own


@pytest.mark.parametrize("delays", [own_server_delays(), []])
def test_a_mail_given_up_while_its_server_is_found_away_stays_given_up(
    open_work: OpenMailWork, delays: Sequence[timedelta]
) -> None:
    mail = new_mail(server=own(2525))
    with open_work() as work:
        work.mails.add_many([mail])
    postponed: dict[UUID, MailState] = {}

    def postpone() -> None:
        with open_work() as other:
            postponed.update(other.mails.postpone_own(own(2525).address, delays, "away"))

    with open_work() as work:
        assert work.mails.hold(mail.id).state is MailState.QUEUED
        work.mails.abandon(mail.id, "given up")
        away = threading.Thread(target=postpone)
        away.start()
        away.join(0.5)
        assert away.is_alive()  # it waits for us
    away.join(10)
    with open_work() as work:
        kept = work.mails.get(mail.id)
    assert (kept.state, kept.last_answer, postponed) == (MailState.ABANDONED, "given up", {})


def test_what_is_given_up_does_not_begin_to_be_sent(open_work: OpenMailWork) -> None:
    mail = new_mail()
    with open_work() as work:
        work.mails.add_many([mail])
        work.mails.abandon(mail.id, "given up")
    with pytest.raises(MailMoved), open_work() as work:
        work.mails.begin_sending(mail.id)


def test_a_walk_in_clients_address_is_gone_once_its_mail_is_given_up(
    open_work: OpenMailWork, mail_database: Database
) -> None:
    typed, known = new_mail("zoe@client.example", walk_in=True), new_mail()
    with open_work() as work:
        work.mails.add_many([typed, known])
        for mail in (typed, known):
            work.mails.abandon(mail.id, "given up")
    with mail_database.begin() as connection:
        kept = {row.mail: row.address for row in connection.exec_driver_sql("SELECT mail, address FROM recipient")}
    assert kept == {typed.id: None, known.id: "anne@client.example"}
