"""`backroom runs watch`: a run as it goes, with the lines of the journals that tell of it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import grpc
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from backroom.scheduler.v1 import scheduler_pb2 as api
from console.commands.journal import ENDED_BY_ITSELF
from console.commands.runs import Name, full, progress, took
from console.connection import Connection
from console.options import connected
from console.output import Json, enum_name, escape, instant, new_console, print_json_line

WELL = {api.Run.STATE_SUCCEEDED, api.Run.STATE_DELIVERED}
AWAY = 1.0  #: seconds until a scheduler that does not answer is asked again

Show = Callable[[api.WatchRunResponse], None]


def watch(context: typer.Context, name: Name, json: Json = False) -> None:
    """Shows a run until it has ended; with --json one document a line. Ends with status 1 where it did not go well."""
    console = new_console()
    with connected(context) as connection:
        with shown(console, json) as show:
            run = follow(connection, full(name), show)
        if not json:
            last = " ".join(part for part in (enum_name(api.Run.State, run.state), took(run)) if part)
            console.print(f"{run.name} {escape(run.task_title)}: {last}")
            console.print(escape(run.error.message or run.report))
    if run.state not in WELL:
        raise typer.Exit(1)


def follow(connection: Connection, name: str, show: Show) -> api.Run:
    """Shows what streams bring until the run has ended; a stream that ends before is followed by the next."""
    run, token = api.Run(), ""
    while not run.end_time.seconds:
        stream = connection.scheduler.WatchRun(api.WatchRunRequest(name=name, resume_token=token), wait_for_ready=True)
        try:
            for response in stream:
                token = response.resume_token
                if response.HasField("run"):
                    run = response.run
                show(response)
        except grpc.RpcError as error:
            if error.code() not in ENDED_BY_ITSELF:
                raise
            time.sleep(AWAY)
    return run


@contextmanager
def shown(console: Console, json: bool) -> Iterator[Show]:
    """How a run is shown: as JSON, as lines, or with a bar below the lines where somebody looks at a terminal."""
    if json:
        yield print_json_line
    elif not console.is_terminal:
        yield Lines(console)
    else:
        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console, transient=True) as bar:
            yield Bar(bar)


class Lines:
    """For pipes: a line for each line of a journal, each state, each step forward."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = ""

    def __call__(self, response: api.WatchRunResponse) -> None:
        print_lines(self._console, response)
        if not response.HasField("run"):
            return
        words = f"{enum_name(api.Run.State, response.run.state)} {progress(response.run)}".strip()
        if words != self._said:
            self._said = words
            self._console.print(f"{response.run.name}: {escape(words)}")


class Bar:
    """For terminals: how far the handler has come."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("", total=None)

    def __call__(self, response: api.WatchRunResponse) -> None:
        print_lines(self._bar.console, response)
        if not response.HasField("run"):
            return
        run = response.run
        words = f"{run.name} {enum_name(api.Run.State, run.state)} {run.progress.text}".strip()
        self._bar.update(
            self._task, description=escape(words), completed=run.progress.done, total=run.progress.total or None
        )


def print_lines(console: Console, response: api.WatchRunResponse) -> None:
    """What journals say."""
    for line in response.log_lines:
        console.print(escape(f"{instant(line.create_time)} {line.service} {line.source}: {line.text}"))
