"""Work that every service does for itself, asked for as one: each one's share, and what all of them come to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from services.scheduler.domain.results import News, NewsState
from services.scheduler.domain.task_types import Catalogue

PATIENCE = timedelta(minutes=10)  #: with a service that does not answer; then the work goes on without it


class ShareState(StrEnum):
    """How one service's share stands."""

    UNKNOWN = "unknown"  #: the service does not say what it offers
    NEW = "new"  #: to be handed over
    STARTED = "started"  #: the service has it
    SUCCEEDED = "succeeded"  #: done
    FAILED = "failed"  #: refused, failed, cancelled or parked
    SILENT = "silent"  #: given up: the service has not answered for too long


OPEN = frozenset({ShareState.UNKNOWN, ShareState.NEW, ShareState.STARTED})
STATES = {
    NewsState.SUCCEEDED: ShareState.SUCCEEDED,
    NewsState.FAILED: ShareState.FAILED,
    NewsState.CANCELLED: ShareState.FAILED,
    NewsState.PARKED: ShareState.FAILED,
    NewsState.NOT_FOUND: ShareState.NEW,  # it never had it: the same is handed over again
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One service's part."""

    handler: str  #: its name
    task_type: str  #: empty while it is not known
    state: ShareState
    heard: datetime  #: when the service last answered; at first, when the work began
    text: str = ""  #: its report, or why there is none

    @property
    def service(self) -> str:
        """Whose share it is, for people; a handler may stand for several services."""
        return self.task_type.partition(".")[0] or self.handler

    def attempt(self, whole: UUID) -> UUID:
        """Named after the operation that asks for it, so that a repeat asks for the same."""
        return uuid5(whole, self.task_type)


def shares_of(catalogue: Catalogue, work: str, known: Sequence[Share], now: datetime) -> Sequence[Share]:
    """The shares of everyone who offers `<service>.<work>`. What was shared before stays as it stands."""
    shared = {share.task_type for share in known}
    new = [
        Share(handler=kind.handler, task_type=kind.name, state=ShareState.NEW, heard=now)
        for kind in catalogue.task_types
        if kind.name.partition(".")[2] == work and kind.name not in shared
    ]
    unknown = {share.handler: share for share in known if share.state is ShareState.UNKNOWN}
    away = [
        unknown.get(handler) or Share(handler=handler, task_type="", state=ShareState.UNKNOWN, heard=now)
        for handler in catalogue.unavailable_handlers
        if handler not in {share.handler for share in known if share.task_type}
    ]
    kept = [share for share in known if share.state is not ShareState.UNKNOWN]
    return sorted([*kept, *new, *away], key=lambda share: (share.handler, share.task_type))


def heard_of(shares: Iterable[Share], whole: UUID, news: Mapping[UUID, News], now: datetime) -> Sequence[Share]:
    """The shares after what their services have told."""
    return [
        told(share, news[share.attempt(whole)], now)
        if share.state is ShareState.STARTED and share.attempt(whole) in news
        else share
        for share in shares
    ]


def told(share: Share, news: News, now: datetime) -> Share:
    """The share after news of it."""
    text = news.report if news.state is NewsState.SUCCEEDED else news.failure.message if news.failure else ""
    return replace(share, state=STATES.get(news.state, share.state), text=text, heard=now)


def without_the_silent(shares: Iterable[Share], now: datetime) -> Sequence[Share]:
    """Gives up whoever has not answered for longer than is waited."""
    return [
        replace(share, state=ShareState.SILENT) if share.state in OPEN and now - share.heard > PATIENCE else share
        for share in shares
    ]


def is_over(shares: Iterable[Share]) -> bool:
    """True once nobody is waited for."""
    return not any(share.state in OPEN for share in shares)
