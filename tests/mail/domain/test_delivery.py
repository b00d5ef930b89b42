from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.mail.domain.address import Address, parse_address
from services.mail.domain.delivery import Answer, Lost, Settlement, Try, masked, settle
from services.mail.domain.retry import MOST_TRIES, next_try, outage_delay, wished_delay
from services.mail.domain.states import MOVES, MailState, RecipientState, may_move

NOW = datetime(2017, 1, 31, 22, tzinfo=UTC)
MAIL = UUID(int=1)
ANNE, BOB = parse_address("anne@client.example"), parse_address("bob@client.example")
YES, LATER, NO = Answer(250, "OK"), Answer(451, "busy"), Answer(550, "no such user")


def after(
    offered: dict[Address, Answer],
    content: Answer | Lost | None,
    attempts: int = 0,
    settled: frozenset[RecipientState] = frozenset(),
) -> Settlement:
    return settle(MAIL, attempts, settled, Try(offered=offered, content=content), NOW)


def states(settlement: Settlement) -> dict[Address, RecipientState]:
    return {recipient.address: recipient.state for recipient in settlement.recipients}


@pytest.mark.parametrize(
    ("offered", "content", "state"),
    [
        ({ANNE: YES}, YES, MailState.SENT),
        ({ANNE: YES}, LATER, MailState.QUEUED),
        ({ANNE: YES}, NO, MailState.FAILED),
        ({ANNE: YES}, Lost("closed"), MailState.UNCERTAIN),
        ({ANNE: LATER}, None, MailState.QUEUED),
        ({ANNE: NO}, None, MailState.FAILED),
        ({ANNE: YES, BOB: NO}, YES, MailState.FAILED),
        ({ANNE: YES, BOB: LATER}, YES, MailState.QUEUED),
        ({ANNE: YES, BOB: LATER}, Lost("closed"), MailState.UNCERTAIN),
        ({ANNE: YES}, Answer(299, "?"), MailState.SENT),
        ({ANNE: YES}, Answer(-1, ""), MailState.QUEUED),
    ],
)
def test_what_the_server_says_decides(
    offered: dict[Address, Answer], content: Answer | Lost | None, state: MailState
) -> None:
    settlement = after(offered, content)
    assert settlement.state is state
    assert settlement.attempts == 1
    assert (settlement.next_time is not None) == (state is MailState.QUEUED)


def test_who_has_it_is_not_asked_again() -> None:
    settlement = after({ANNE: YES, BOB: LATER}, YES)
    assert states(settlement) == {ANNE: RecipientState.SENT, BOB: RecipientState.PENDING}
    assert settlement.answer == "anne@client.example: 250 OK; bob@client.example: 451 busy"
    second = after({BOB: YES}, YES, attempts=1, settled=frozenset({RecipientState.SENT}))
    assert second.state is MailState.SENT
    refused_before = after({BOB: YES}, YES, attempts=1, settled=frozenset({RecipientState.REFUSED}))
    assert refused_before.state is MailState.FAILED


def test_a_temporary_refusal_is_tried_18_times_over_a_day() -> None:
    now, tries = NOW, 0
    while True:
        settlement = settle(MAIL, tries, frozenset(), Try(offered={ANNE: LATER}, content=None), now)
        tries = settlement.attempts
        if settlement.next_time is None:
            break
        now = settlement.next_time
    assert (tries, settlement.state) == (MOST_TRIES, MailState.FAILED)
    assert states(settlement) == {ANNE: RecipientState.REFUSED}
    assert timedelta(hours=23) < now - NOW < timedelta(hours=24)


def test_delays_grow_by_three_tenths_and_honour_what_the_server_asks_for() -> None:
    assert next_try(1, NOW) == NOW + timedelta(minutes=5)
    assert next_try(2, NOW) == NOW + timedelta(minutes=6.5)
    assert next_try(1, NOW, "450 greylisted, try again in 600 seconds") == NOW + timedelta(minutes=10)
    assert next_try(1, NOW, "450 greylisted, try again in 1 second") == NOW + timedelta(minutes=5)
    assert next_try(1, NOW, "450 try again in 999999 hours") == NOW + timedelta(hours=12)
    assert next_try(MOST_TRIES, NOW) is None


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ("450 4.2.0 Greylisted, please try again in 5 minutes", 300),
        ("451 Retry after 90s", 90),
        ("452 try again in 2 hours", 7200),
        ("450 try later", 0),
        ("450 5 minutes", 0),
        ("450 try again in 30", 30),
    ],
)
def test_a_wish_is_read_from_the_servers_words(answer: str, seconds: int) -> None:
    assert wished_delay(answer) == timedelta(seconds=seconds)


def test_a_server_out_of_reach_is_asked_ever_more_rarely() -> None:
    assert [outage_delay(failures).total_seconds() for failures in (1, 2, 3, 6, 7, 1000)] == [15, 30, 60, 480, 600, 600]


def test_a_masked_settlement_holds_no_address() -> None:
    content = Answer(550, "<Anne@client.example>: mailbox of anne@client.example is full")
    settlement = masked(after({ANNE: YES, BOB: NO}, content))
    said = settlement.answer + "".join(recipient.answer for recipient in settlement.recipients)
    assert "anne@" not in said.lower()
    assert "a…@client.example" in said
    assert states(settlement) == {ANNE: RecipientState.REFUSED, BOB: RecipientState.REFUSED}


def test_what_was_sent_or_given_up_moves_no_more_and_uncertainty_never_ends_by_itself() -> None:
    assert not MOVES[MailState.SENT]
    assert not MOVES[MailState.ABANDONED]
    assert not may_move(MailState.UNCERTAIN, MailState.SENDING)
    assert not may_move(MailState.UNCERTAIN, MailState.SENT)
    assert set(MOVES) == set(MailState)
