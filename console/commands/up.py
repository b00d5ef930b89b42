"""`backroom up`: the embedded stack, until Ctrl-C."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from console.options import options_of
from console.output import clear_errors, escape, new_console, print_table
from console.stack.ports import LARGEST_OFFSET, SERVICES, Ports
from console.stack.stack import Stack

LISTEN = 0.2  #: seconds
INTERRUPTED = 130  #: exit status of what Ctrl-C ended before it was done

PortOffset = Annotated[
    int, typer.Option("--port-offset", min=0, max=LARGEST_OFFSET, help="Moves every port, e.g. 1000.")
]


def up(context: typer.Context, port_offset: PortOffset = 0) -> None:
    """Starts PostgreSQL, Valkey, the five services, their workers and the planner; serves until Ctrl-C."""
    console = new_console()
    with clear_errors(), ended_by_signals():
        stack = Stack(
            options_of(context).var,
            ports=Ports.embedded(port_offset),
            notice=lambda text: console.print(f"[dim]{escape(text)}[/]"),
        )
        with stack:
            print_places(stack, console)
            serve_until_told(console)


def serve_until_told(console: Console) -> None:
    """Waits for Ctrl-C or SIGTERM."""
    try:
        console.print("serving; Ctrl-C stops everything")
        while True:
            # In slices: polars, once imported, catches SIGINT in a way that interrupts no wait.
            time.sleep(LISTEN)
    except KeyboardInterrupt:
        console.print("stopping")


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM and the terminal's end stop us as Ctrl-C does: in order. The second time they interrupt the stopping, and
    the system ends what is left.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def print_places(stack: Stack, console: Console) -> None:
    """Where everything is."""
    print_table(
        ["service", "calls", ">health", ">metrics", ">workers"],
        (
            (
                service,
                stack.ports.address(service),
                port(stack.ports.health_address(service)),
                port(stack.ports.metrics_address(service, "serve")),
                port(stack.ports.metrics_address(service, "work")),
            )
            for service in SERVICES
        ),
        console=console,
    )
    console.print(f"metrics  http://{stack.ports.metrics_address('scheduler', 'plan')}/metrics is the planner's")
    console.print(f"logs     {stack.home.var / 'log'}", soft_wrap=True)
    console.print(f"token    {stack.home.token('admin')}", soft_wrap=True)


def port(address: str) -> str:
    """The port alone: everything is on loopback."""
    return address.rpartition(":")[2]
