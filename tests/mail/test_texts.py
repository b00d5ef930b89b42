from dataclasses import fields

from chassis.texts import Texts
from services.mail.domain.states import MailState
from services.mail.domain.wording import TicketWords

TEXTS = Texts.of("services.mail")


def test_both_languages_say_the_same() -> None:
    assert TEXTS.differences() == []


def test_every_word_of_a_ticket_and_every_state_of_the_journal_is_there() -> None:
    assert {f"ticket.{field.name}" for field in fields(TicketWords)} <= TEXTS.keys()
    settled = {MailState.SENT, MailState.QUEUED, MailState.FAILED, MailState.UNCERTAIN}
    assert {f"journal.{state}" for state in settled} <= TEXTS.keys()
