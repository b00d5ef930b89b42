"""What a server said to one try of a mail, and what becomes of the mail: a plan, which storage applies."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.mail.domain.address import Address
from services.mail.domain.retry import next_try
from services.mail.domain.states import MailState, RecipientState


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply of an SMTP server."""

    code: int
    text: str

    @property
    def taken(self) -> bool:
        """It said yes."""
        return 200 <= self.code < 300

    @property
    def temporary(self) -> bool:
        """It said not now; a reply that no standard knows is read so too, since only 5yz is for good."""
        return not self.taken and not 500 <= self.code < 600

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection was lost between DATA and its answer."""

    why: str


class OutOfReach(Exception):
    """No mail can be given to the server now: no connection, no trust, no login. No fault of any mail."""


class TurnedAway(OutOfReach):
    """Nor will it be later, as things are: a login, a certificate or an address that is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One SMTP transaction of a mail."""

    offered: Mapping[Address, Answer]  #: the answer to each recipient that was offered
    content: Answer | Lost | None  #: the answer to the content; None where no recipient was taken


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientSettlement:
    """What becomes of one recipient."""

    address: Address
    state: RecipientState
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What becomes of a mail after a try."""

    mail: UUID
    state: MailState
    recipients: tuple[RecipientSettlement, ...]  #: those of this try
    attempts: int
    next_time: datetime | None  #: when it is tried again; None where it is not
    answer: str  #: what a person reads


def settle(mail: UUID, attempts: int, settled: frozenset[RecipientState], tried: Try, now: datetime) -> Settlement:
    """Decides after a try. `attempts`: those before it; `settled`: what became of others in earlier tries."""
    tries = attempts + 1
    recipients = [_settle_recipient(address, answer, tried.content) for address, answer in tried.offered.items()]
    said = _summary(recipients)
    again = next_try(tries, now, said)
    if again is None:
        recipients = [_give_up(recipient) for recipient in recipients]
    states = {*settled, *(recipient.state for recipient in recipients)}
    state = _mail_state(states)
    return Settlement(
        mail=mail,
        state=state,
        recipients=tuple(recipients),
        attempts=tries,
        next_time=again if state is MailState.QUEUED else None,
        answer=said,
    )


def fail(mail: UUID, attempts: int, why: str) -> Settlement:
    """What becomes of a mail that no server can be offered: a failure, for a person to see."""
    return Settlement(
        mail=mail, state=MailState.FAILED, recipients=(), attempts=attempts + 1, next_time=None, answer=why
    )


def masked(settlement: Settlement) -> Settlement:
    """The same without addresses in its answers: servers repeat them, and a walk-in client's is not kept."""
    addresses = [recipient.address for recipient in settlement.recipients]
    return replace(
        settlement,
        answer=without_addresses(settlement.answer, addresses),
        recipients=tuple(
            replace(recipient, answer=without_addresses(recipient.answer, addresses))
            for recipient in settlement.recipients
        ),
    )


def without_addresses(answer: str, addresses: Iterable[Address]) -> str:
    """The same with each of these addresses masked."""
    for address in addresses:
        shown = address.masked.replace("\\", r"\\")
        answer = re.sub(re.escape(str(address)), shown, answer, flags=re.IGNORECASE)
    return answer


def _settle_recipient(address: Address, offered: Answer, content: Answer | Lost | None) -> RecipientSettlement:
    if not offered.taken or content is None:
        answer = offered
    elif isinstance(content, Lost):
        return RecipientSettlement(address=address, state=RecipientState.UNCERTAIN, answer=content.why)
    else:
        answer = content
    if answer.taken:
        state = RecipientState.SENT
    else:
        state = RecipientState.PENDING if answer.temporary else RecipientState.REFUSED
    return RecipientSettlement(address=address, state=state, answer=str(answer))


def _give_up(recipient: RecipientSettlement) -> RecipientSettlement:
    if recipient.state is not RecipientState.PENDING:
        return recipient
    return RecipientSettlement(address=recipient.address, state=RecipientState.REFUSED, answer=recipient.answer)


def _mail_state(states: set[RecipientState]) -> MailState:
    """Uncertainty wins: a mail that may have arrived waits for a person. Then what is still to be sent."""
    if RecipientState.UNCERTAIN in states:
        return MailState.UNCERTAIN
    if RecipientState.PENDING in states:
        return MailState.QUEUED
    # One refusal among many is a failure: nobody may believe that everybody got it.
    return MailState.FAILED if RecipientState.REFUSED in states else MailState.SENT


def _summary(recipients: list[RecipientSettlement]) -> str:
    """The server's answer; with the recipients it is for, where answers differ."""
    answers: dict[str, list[Address]] = {}
    for recipient in recipients:
        answers.setdefault(recipient.answer, []).append(recipient.address)
    if len(answers) == 1:
        return next(iter(answers))
    return "; ".join(f"{', '.join(map(str, addresses))}: {answer}" for answer, addresses in answers.items())
