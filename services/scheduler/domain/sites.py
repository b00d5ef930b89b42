"""Where tasks belong and run: a site, its zone, who serves it, and what it may do by itself."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.errors import FieldProblem

SITE_ID = re.compile(r"[a-z][a-z0-9-]{0,62}")
HANDLER_NAME = SITE_ID
MAX_TITLE, MAX_HANDLERS = 200, 50
DEFAULT_HOLD = timedelta(days=1)
MAX_HOLD = timedelta(days=31)
SHORTEST_SILENCE, LONGEST_SILENCE = timedelta(seconds=5), timedelta(days=1)


class OperatingMode(StrEnum):
    """What a site may do by itself."""

    NORMAL = "normal"  #: everything
    ISOLATED = "isolated"  #: nothing ("mode isolé")
    TRAINING = "training"  #: nothing, and a manual start touches nothing real ("mode école")


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMode:
    """In which mode a site is."""

    site: str
    mode: OperatingMode
    version: int  #: of a site's modes, a higher one is the later


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDraft:
    """What people edit of a site."""

    title: str = ""
    time_zone: str  #: IANA
    handlers: Mapping[str, str] = field(
        default_factory=dict
    )  #: its own, name to address; the others are the central ones
    delivery: str = ""  #: address of its own, for what its own handlers make; empty means the central one
    heartbeat_timeout: timedelta | None = None  #: offline after so long a silence; None: always online
    hold_timeout: timedelta = DEFAULT_HOLD  #: how long an automatic run waits for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site ("service de réplication")."""

    id: str
    draft: SiteDraft
    mode: OperatingMode
    mode_version: int
    unacknowledged: frozenset[str]  #: handlers that have not been told its mode yet
    online: bool  #: as a worker last saw it
    heartbeat_time: datetime | None
    create_time: datetime
    version: int

    @property
    def name(self) -> str:
        return site_name(self.id)

    @property
    def etag(self) -> str:
        return f"v{self.version}"

    @property
    def time_zone(self) -> str:
        return self.draft.time_zone


def site_name(id: str) -> str:
    return f"sites/{id}"


DELIVERY = "delivery"  #: the handler that reports sendings


def handler_at(site: Site, handler: str) -> str:
    """The key of whoever serves a site under this name: its own handler, else the central one."""
    return f"{site.id}/{handler}" if handler in site.draft.handlers else handler


def delivery_at(site: Site, handler: str) -> str:
    """The key of the delivery that has what a handler makes for a site: its own has what its own handlers make."""
    own = bool(site.draft.delivery) and handler in site.draft.handlers
    return f"{site.id}/{DELIVERY}" if own else DELIVERY


def own_handlers(id: str, draft: SiteDraft) -> dict[str, str]:
    """The keys of whatever a site has of its own, its delivery among them, with their addresses."""
    own = {**draft.handlers, DELIVERY: draft.delivery}
    return {f"{id}/{name}": address for name, address in own.items() if address}


def has_gone(site: Site | None, key: str) -> bool:
    """Whether a site has no such handler of its own any more; the central ones never go."""
    return "/" in key and (site is None or key not in own_handlers(site.id, site.draft))


def told_of_mode(id: str, draft: SiteDraft, central: Iterable[str]) -> frozenset[str]:
    """Who must hear a site's mode: its own handlers, and the central ones, which may have worked for it before."""
    return frozenset([*central, *own_handlers(id, draft)])


def site_problems(draft: SiteDraft) -> Iterator[FieldProblem]:
    """What is wrong with a site's draft; its zone and addresses are read before."""
    if len(draft.title) > MAX_TITLE:
        yield FieldProblem("site.title", f"write at most {MAX_TITLE} characters")
    if len(draft.handlers) > MAX_HANDLERS:
        yield FieldProblem("site.handlers", f"at most {MAX_HANDLERS}")
    for name in draft.handlers:
        if not HANDLER_NAME.fullmatch(name):
            yield FieldProblem("site.handlers", f"`{name}` is not a name of a handler; write one such as `sales`")
        if name == DELIVERY:
            yield FieldProblem("site.handlers", "a site's delivery stands in site.delivery; write it there")
    silence = draft.heartbeat_timeout
    if silence is not None and not SHORTEST_SILENCE <= silence <= LONGEST_SILENCE:
        yield FieldProblem("site.heartbeat_timeout", "write 5 s to one day, or leave it out")
    if not timedelta() < draft.hold_timeout <= MAX_HOLD:
        yield FieldProblem("site.hold_timeout", "write more than nothing and at most 31 days")
