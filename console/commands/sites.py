"""`backroom sites`: where tasks belong and run."""

import time
import uuid
from datetime import timedelta
from typing import Annotated, Literal

import typer
from google.protobuf.field_mask_pb2 import FieldMask

from backroom.scheduler.v1 import scheduler_pb2 as api
from backroom.type.v1 import type_pb2
from chassis.durations import parse_duration, render_duration
from console.options import connected
from console.output import Json, enum_name, instant, print_fields, print_json, print_json_line, print_table
from console.paging import Filter, Limit, OrderBy, collect

app = typer.Typer(no_args_is_help=True, help="Sites: where tasks belong and run.")

ALWAYS_ONLINE = "none"
MODES = {
    "normal": type_pb2.OPERATING_MODE_NORMAL,
    "isolated": type_pb2.OPERATING_MODE_ISOLATED,
    "training": type_pb2.OPERATING_MODE_TRAINING,
}

Mode = Literal["normal", "isolated", "training"]
Name = Annotated[str, typer.Argument(help="`sites/lyon`, or just `lyon`.")]
Title = Annotated[str | None, typer.Option(help="What people call it; a new one's id by default.")]
Zone = Annotated[str | None, typer.Option(help="IANA time zone, e.g. Europe/Paris.")]
Handler = Annotated[
    list[str] | None,
    typer.Option(help="A handler of its own, name=host:port; once for each. The others are the central ones."),
]
Delivery = Annotated[str | None, typer.Option(help="A delivery of its own, host:port; empty for the central one.")]
Silence = Annotated[
    str | None,
    typer.Option(help=f"It is offline after so long a silence, e.g. 2m; `{ALWAYS_ONLINE}`: it is always online."),
]
Hold = Annotated[str | None, typer.Option(help="How long a run waits for it while it is offline, e.g. 12h.")]


@app.command("list")
def list_sites(
    context: typer.Context, filter: Filter = "", order_by: OrderBy = "", limit: Limit = 100, json: Json = False
) -> None:
    """Lists sites."""
    with connected(context) as connection:
        found = collect(
            lambda size, token: connection.sites.ListSites(
                api.ListSitesRequest(page_size=size, page_token=token, filter=filter, order_by=order_by)
            ),
            lambda answer: answer.sites,
            limit,
        )
    if json:
        print_json(found)
        return
    print_table(
        ["site", "title", "zone", "mode", "online", "last heard of", "not told its mode"],
        (
            (
                site.name,
                site.title,
                site.time_zone,
                mode_name(site.mode),
                "yes" if site.online else "no",
                instant(site.heartbeat_time),
                ", ".join(site.unacknowledged_handlers),
            )
            for site in found.sites
        ),
    )


@app.command()
def show(context: typer.Context, name: Name, json: Json = False) -> None:
    """Shows one site."""
    with connected(context) as connection:
        site = connection.sites.GetSite(api.GetSiteRequest(name=full(name)))
    render(site, json)


@app.command()
def create(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="1 to 63 of a-z, 0-9 and -, a letter first.")],
    zone: Annotated[str, typer.Option(help="IANA time zone, e.g. Europe/Paris.")],
    title: Title = None,
    handler: Handler = None,
    delivery: Delivery = None,
    heartbeat_timeout: Silence = None,
    hold_timeout: Hold = None,
    mode: Annotated[Mode, typer.Option(help="The mode it begins in.")] = "isolated",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only.")] = False,
    json: Json = False,
) -> None:
    """Registers a site. It begins isolated: nothing of it fires by itself until somebody says `backroom sites mode`."""
    site, _ = read_site(title, zone, handler, delivery, heartbeat_timeout, hold_timeout)
    request = api.CreateSiteRequest(
        site_id=id, site=site, mode=MODES[mode], validate_only=dry_run, request_id=str(uuid.uuid4())
    )
    with connected(context) as connection:
        created = connection.sites.CreateSite(request)
    render(created, json)


@app.command()
def update(
    context: typer.Context,
    name: Name,
    title: Title = None,
    zone: Zone = None,
    handler: Handler = None,
    no_handlers: Annotated[bool, typer.Option("--no-handlers", help="It has no handlers of its own.")] = False,
    delivery: Delivery = None,
    heartbeat_timeout: Silence = None,
    hold_timeout: Hold = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only.")] = False,
    json: Json = False,
) -> None:
    """Changes what is named of a site; the handlers that are given are all that it has of its own."""
    site, paths = read_site(title, zone, handler, delivery, heartbeat_timeout, hold_timeout)
    site.name = full(name)
    if no_handlers:
        site.ClearField("handlers")
        paths.append("handlers")
    if not paths:
        raise typer.BadParameter("say what to change, e.g. --title Lyon")
    request = api.UpdateSiteRequest(
        site=site, update_mask=FieldMask(paths=paths), validate_only=dry_run, request_id=str(uuid.uuid4())
    )
    with connected(context) as connection:
        updated = connection.sites.UpdateSite(request)
    render(updated, json)


@app.command()
def delete(context: typer.Context, name: Name, json: Json = False) -> None:
    """Deletes a site to which no task belongs."""
    with connected(context) as connection:
        gone = connection.sites.DeleteSite(api.DeleteSiteRequest(name=full(name), request_id=str(uuid.uuid4())))
    if json:
        print_json(gone)
    else:
        print(f"{full(name)} deleted")


@app.command()
def mode(
    context: typer.Context,
    name: Name,
    mode: Annotated[Mode, typer.Argument(help="In isolated and training nothing of it happens by itself.")],
    json: Json = False,
) -> None:
    """Puts a site into a mode. Runs that it had begun by itself wait until it is normal again."""
    request = api.SetOperatingModeRequest(name=full(name), mode=MODES[mode], request_id=str(uuid.uuid4()))
    with connected(context) as connection:
        site = connection.sites.SetOperatingMode(request)
    render(site, json)


@app.command()
def heartbeat(
    context: typer.Context,
    name: Name,
    follow: Annotated[bool, typer.Option("--follow", help="Say so again and again, until stopped.")] = False,
    json: Json = False,
) -> None:
    """Says that a site is there; with the token of a service, or of one who has the right `sites/<id>`."""
    with connected(context) as connection:
        while True:
            answer = connection.sites.Heartbeat(api.HeartbeatRequest(name=full(name)))
            if json:
                print_json_line(answer)
            else:
                print(f"{full(name)} is {mode_name(answer.mode)}", flush=True)
            if not follow or not answer.HasField("next_heartbeat"):
                return
            time.sleep(answer.next_heartbeat.ToTimedelta().total_seconds())


def read_site(
    title: str | None,
    zone: str | None,
    handlers: list[str] | None,
    delivery: str | None,
    silence: str | None,
    hold: str | None,
) -> tuple[api.Site, list[str]]:
    """What was given of a site, and the paths of its fields."""
    site, paths = api.Site(), []
    for path, text in (("title", title), ("time_zone", zone), ("delivery", delivery)):
        if text is not None:
            setattr(site, path, text)
            paths.append(path)
    if handlers is not None:
        for each in handlers:
            name, equals, address = each.partition("=")
            if not equals:
                raise typer.BadParameter(f"{each!r} is not name=host:port", param_hint="--handler")
            site.handlers[name] = address
        paths.append("handlers")
    if silence is not None:
        if silence != ALWAYS_ONLINE:
            site.heartbeat_timeout.FromTimedelta(span(silence, "--heartbeat-timeout"))
        paths.append("heartbeat_timeout")
    if hold is not None:
        site.hold_timeout.FromTimedelta(span(hold, "--hold-timeout"))
        paths.append("hold_timeout")
    return site, paths


def span(text: str, option: str) -> timedelta:
    """A duration as people type it."""
    try:
        value = parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    assert isinstance(value, timedelta)  # noqa: S101 - what a text is read as; tells mypy so
    return value


def full(name: str) -> str:
    """`lyon` is `sites/lyon`."""
    return name if "/" in name else f"sites/{name}"


def mode_name(mode: type_pb2.OperatingMode) -> str:
    return enum_name(type_pb2.OperatingMode, mode, "OPERATING_MODE_")


def render(site: api.Site, json: bool) -> None:
    """One site."""
    if json:
        print_json(site)
        return
    silence = render_duration(site.heartbeat_timeout.ToTimedelta()) if site.HasField("heartbeat_timeout") else ""
    print_fields(
        [
            ("site", site.name),
            ("title", site.title),
            ("zone", site.time_zone),
            ("mode", mode_name(site.mode)),
            ("not told its mode", ", ".join(site.unacknowledged_handlers)),
            ("online", "yes" if site.online else "no"),
            ("last heard of", instant(site.heartbeat_time)),
            ("offline after", silence),
            ("runs wait", render_duration(site.hold_timeout.ToTimedelta())),
            ("own handlers", ", ".join(f"{handler}={address}" for handler, address in sorted(site.handlers.items()))),
            ("own delivery", site.delivery),
        ]
    )
