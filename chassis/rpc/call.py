"""The call being answered: who asks, in which language, until when. Set by the server's layers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chassis.auth import Principal


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One incoming call."""

    principal: Principal
    method: str  #: full name, `/backroom.sales.v1.SalesService/CorrectSales`
    peer: str = ""  #: network address of the caller
    locale: str = "fr"
    correlation: str = ""  #: ties log lines, journal entries and errors together
    deadline: datetime | None = None  #: aware UTC; set by a server, except for calls that may take as long as they move
    over: Callable[[], bool] = _never  #: True once the caller has gone, the deadline has passed or the server drains


_current: ContextVar[Call] = ContextVar("backroom_call")


def current() -> Call:
    """The call being answered; LookupError outside of one."""
    return _current.get()


def current_or_none() -> Call | None:
    """The call being answered, or None outside of one."""
    return _current.get(None)


def time_left() -> timedelta | None:
    """How long the call being answered still has; None outside of one."""
    call = _current.get(None)
    if call is None or call.deadline is None:
        return None
    return call.deadline - datetime.now(UTC)


@contextmanager
def entered(call: Call) -> Iterator[Call]:
    """Makes this the current call."""
    token = _current.set(call)
    try:
        yield call
    finally:
        _current.reset(token)
