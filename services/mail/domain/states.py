"""The states of a mail and of each of its recipients, and which moves exist."""

from enum import StrEnum


class MailState(StrEnum):
    """Where a mail stands."""

    QUEUED = "queued"  #: to be sent, at once or at its next try
    SENDING = "sending"  #: committed before DATA is spoken; nobody else sends it
    SENT = "sent"  #: the server answered 250 for every recipient
    UNCERTAIN = "uncertain"  #: lost between DATA and its answer: may have arrived, never sent again by itself
    FAILED = "failed"  #: refused for good, by or for at least one recipient; a person decides
    ABANDONED = "abandoned"  #: a person gave it up, or it was made in training mode and never was to leave


class RecipientState(StrEnum):
    """Where a mail stands for one of its recipients."""

    PENDING = "pending"  #: the server has not taken it for this recipient yet
    SENT = "sent"  #: the server has it for this recipient
    UNCERTAIN = "uncertain"  #: it may have it
    REFUSED = "refused"  #: refused for good, or too many tries failed


MOVES: dict[MailState, frozenset[MailState]] = {
    # To FAILED straight away where the server refuses before DATA.
    MailState.QUEUED: frozenset({MailState.SENDING, MailState.FAILED, MailState.ABANDONED}),
    # Back to QUEUED only on an answer that says the server did not take it.
    MailState.SENDING: frozenset({MailState.QUEUED, MailState.SENT, MailState.UNCERTAIN, MailState.FAILED}),
    MailState.SENT: frozenset(),
    # Only a person says what became of it.
    MailState.UNCERTAIN: frozenset({MailState.QUEUED, MailState.ABANDONED}),
    MailState.FAILED: frozenset({MailState.QUEUED, MailState.ABANDONED}),
    MailState.ABANDONED: frozenset(),
}


def may_move(before: MailState, after: MailState) -> bool:
    """Whether a mail may go from one state to another."""
    return after in MOVES[before]
