"""One try of one operation: whatever the work does, the answer says what becomes of its row."""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from chassis.errors import BackroomError, Unavailable
from chassis.operations.claims import Claimed, Settlement
from chassis.operations.execution import (
    Cancelled,
    ComeBack,
    DeadlinePassed,
    Execution,
    FenceLost,
    HeldBack,
    Interrupted,
    Stopped,
)
from chassis.operations.kinds import Kind
from chassis.operations.model import OperationError, OperationState, Outcome
from chassis.operations.rows import outcome_to_json

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TryAgain:
    """A fault of the machinery: the same may succeed later."""

    backoff: timedelta
    error: OperationError


@dataclass(frozen=True, slots=True)
class Later:
    """The work asks to be called again after a while: nothing is counted, nothing went wrong."""

    after: timedelta


@dataclass(frozen=True, slots=True)
class GiveBack:
    """The process leaves, or its site holds it back: it goes on from the checkpoint, and nothing is counted."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The row already says how it went, or it is no longer ours."""


Verdict = Settlement | TryAgain | Later | GiveBack | Nothing


def try_once(kind: Kind, execution: Execution, held: Claimed) -> Verdict:
    """Does the work. Never raises: what went wrong is the verdict."""
    try:
        if held.cancel_asked:
            raise Cancelled("it was cancelled before it began")
        if held.held_back:
            raise HeldBack("its site left normal mode just before it was claimed")
        if held.expired:
            raise DeadlinePassed("its deadline passed before it began")
        outcome = kind.run(execution)
        if execution.fence.settled:
            return Nothing()
        # Turned into JSON here, so that an answer that is none spoils this try and not its batch.
        answer = outcome_to_json(outcome or Outcome())
        return Settlement(id=held.id, epoch=held.epoch, state=OperationState.SUCCEEDED, outcome=answer)
    except Stopped as why:
        return _stopped(held, why)
    except ComeBack as wish:
        return Later(wish.after)
    except Unavailable as fault:
        return _fault(kind, held, OperationError(reason=fault.reason, message=str(fault)))
    except BackroomError as refusal:
        return _failed(held, refusal.reason, str(refusal))
    except (Exception, SystemExit):  # whatever broke ends this try, and neither its batch nor the thread
        log.exception("operation broke")
        message = f"it broke; the log of the service tells why (operation {held.id})"
        return _fault(kind, held, OperationError(reason="INTERNAL", message=message))


def _stopped(held: Claimed, why: Stopped) -> Verdict:
    match why:
        case FenceLost():
            log.warning("another worker has taken over")
            return Nothing()
        case Interrupted() | HeldBack():
            return GiveBack()
        case Cancelled():
            error = OperationError(reason="CANCELLED", message="somebody asked for its end")
            return Settlement(id=held.id, epoch=held.epoch, state=OperationState.CANCELLED, error=error)
        case _:
            return _failed(held, "DEADLINE_PASSED", "it took longer than it may")


def _failed(held: Claimed, reason: str, message: str) -> Settlement:
    error = OperationError(reason=reason, message=message)
    return Settlement(id=held.id, epoch=held.epoch, state=OperationState.FAILED, error=error)


def _fault(kind: Kind, held: Claimed, error: OperationError) -> Verdict:
    if held.attempts >= kind.max_attempts:
        log.error("operation parked", attempts=held.attempts, reason=error.reason)
        return Settlement(id=held.id, epoch=held.epoch, state=OperationState.PARKED, error=error)
    backoff = kind.backoff(held.attempts)
    log.warning("operation will be tried again", attempts=held.attempts, reason=error.reason, backoff=str(backoff))
    return TryAgain(backoff=backoff, error=error)
