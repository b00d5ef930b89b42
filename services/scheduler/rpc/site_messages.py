"""Between the wire and a site."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration

from backroom.scheduler.v1 import scheduler_pb2
from backroom.type.v1 import type_pb2
from chassis.addresses import Address
from chassis.errors import FieldProblem, InvalidInput
from chassis.rpc.messages import Problems, parse_name, timestamp
from services.scheduler.domain.errors import UnknownZone
from services.scheduler.domain.sites import DEFAULT_HOLD, SITE_ID, OperatingMode, Site, SiteDraft
from services.scheduler.domain.triggers import zone_named
from services.scheduler.rpc.render import MODES

EDITABLE = ("title", "time_zone", "handlers", "delivery", "heartbeat_timeout", "hold_timeout")  #: what people edit
READ_MODES = {message: mode for mode, message in MODES.items()}


def parse_site_id(name: str, field: str = "name") -> str:
    """The id in `sites/{id}`. Raises `InvalidInput`."""
    id = parse_name("sites/{id}", name, field)
    check_site_id(id, field)
    return id


def check_site_id(id: str, field: str) -> None:
    """Lets an id of a site pass."""
    if not SITE_ID.fullmatch(id):
        raise InvalidInput(FieldProblem(field, "write a-z, digits and -, a letter first, at most 63"))


def parse_mode(mode: type_pb2.OperatingMode, otherwise: OperatingMode | None = None) -> OperatingMode:
    """A mode; unset it is the other one, if there is one."""
    if mode == type_pb2.OPERATING_MODE_UNSPECIFIED and otherwise is not None:
        return otherwise
    found = READ_MODES.get(mode)
    if found is None:
        raise InvalidInput(FieldProblem("mode", "write one of NORMAL, ISOLATED and TRAINING"))
    return found


def parse_site(message: scheduler_pb2.Site, paths: Iterable[str], problems: Problems) -> SiteDraft:
    """The fields of these paths. Parts that cannot be read are noted and left at their defaults."""
    read = frozenset(paths)
    silence = _span(message.heartbeat_timeout, "site.heartbeat_timeout", problems)
    hold = _span(message.hold_timeout, "site.hold_timeout", problems)
    return SiteDraft(
        title=message.title,
        time_zone=_zone(message.time_zone, problems) if "time_zone" in read else "",
        handlers=_handlers(message, problems) if "handlers" in read else {},
        delivery=_address(message.delivery, "site.delivery", problems)
        if message.delivery and "delivery" in read
        else "",
        heartbeat_timeout=silence if message.HasField("heartbeat_timeout") else None,
        hold_timeout=hold if message.HasField("hold_timeout") else DEFAULT_HOLD,
    )


def merge_site(draft: SiteDraft, wanted: SiteDraft, paths: Iterable[str]) -> SiteDraft:
    """The draft with those fields of another that the paths of a mask name."""
    return replace(draft, **{path: getattr(wanted, path) for path in paths})


def render_site(site: Site) -> scheduler_pb2.Site:
    """A site; one that was only checked has no etag."""
    draft = site.draft
    return scheduler_pb2.Site(
        name=site.name,
        title=draft.title or site.id,
        time_zone=draft.time_zone,
        mode=MODES[site.mode],
        handlers=dict(draft.handlers),
        delivery=draft.delivery,
        heartbeat_timeout=None if draft.heartbeat_timeout is None else render_span(draft.heartbeat_timeout),
        hold_timeout=render_span(draft.hold_timeout),
        online=site.online,
        heartbeat_time=timestamp(site.heartbeat_time),
        unacknowledged_handlers=sorted(site.unacknowledged),
        create_time=timestamp(site.create_time) if site.version else None,
        etag=site.etag if site.version else "",
    )


def render_span(span: timedelta) -> Duration:
    message = Duration()
    message.FromTimedelta(span)
    return message


def _zone(name: str, problems: Problems) -> str:
    try:
        zone_named(name)
    except UnknownZone as error:
        problems.add("site.time_zone", str(error))
    return name


def _handlers(message: scheduler_pb2.Site, problems: Problems) -> dict[str, str]:
    return {
        name: _address(address, f"site.handlers[{name}]", problems)
        for name, address in sorted(message.handlers.items())
    }


def _address(text: str, field: str, problems: Problems) -> str:
    try:
        address = Address.parse(text)
    except ValueError as error:
        problems.add(field, str(error))
        return ""
    if address.port == 0:
        problems.add(field, f"{text!r} has no port; write host:port")
    return str(address)


def _span(message: Duration, field: str, problems: Problems) -> timedelta:
    try:
        return message.ToTimedelta()
    except (ValueError, OverflowError):
        problems.add(field, "is not a duration")
        return DEFAULT_HOLD
