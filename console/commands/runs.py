"""`backroom runs`: what was executed, and how it went."""

import uuid
from typing import Annotated

import typer
from rich.console import Console

from backroom.scheduler.v1 import scheduler_pb2 as api
from console.options import connected
from console.output import Json, enum_name, instant, print_fields, print_json, print_table
from console.paging import Filter, Limit, OrderBy, collect

app = typer.Typer(no_args_is_help=True, help="Runs: the executions of tasks.")

Name = Annotated[str, typer.Argument(help="`runs/7`, or just `7`.")]


@app.command("list")
def list_runs(
    context: typer.Context, filter: Filter = "", order_by: OrderBy = "", limit: Limit = 50, json: Json = False
) -> None:
    """Lists runs, newest first."""
    with connected(context) as connection:
        runs = collect(
            lambda size, token: connection.scheduler.ListRuns(
                api.ListRunsRequest(page_size=size, page_token=token, filter=filter, order_by=order_by)
            ),
            lambda answer: answer.runs,
            limit,
        )
    if json:
        print_json(runs)
    else:
        print_runs(list(runs.runs))


@app.command()
def show(context: typer.Context, name: Name, json: Json = False) -> None:
    """Shows one run with its report."""
    with connected(context) as connection:
        run = connection.scheduler.GetRun(api.GetRunRequest(name=full(name)))
    print_run(run, json)


@app.command()
def cancel(context: typer.Context, name: Name, json: Json = False) -> None:
    """Asks for the end of a run: at once where nobody is at work for it, else as soon as its handler has ended it."""
    with connected(context) as connection:
        run = connection.scheduler.CancelRun(api.CancelRunRequest(name=full(name), request_id=str(uuid.uuid4())))
    if json:
        print_json(run)
    else:
        ended = run.state == api.Run.STATE_CANCELLED
        print(
            f"{run.name} {enum_name(api.Run.State, run.state)}" + ("" if ended else ", its handler is asked to end it")
        )


@app.command()
def retry(context: typer.Context, name: Name, json: Json = False) -> None:
    """Gives a run that did not succeed another attempt, with what it started with; a skipped one runs now."""
    with connected(context) as connection:
        run = connection.scheduler.RetryRun(api.RetryRunRequest(name=full(name), request_id=str(uuid.uuid4())))
    if json:
        print_json(run)
    else:
        print(f"{run.name} of {run.task} {enum_name(api.Run.State, run.state)}")


def full(name: str) -> str:
    """`7` is `runs/7`."""
    return name if "/" in name else f"runs/{name}"


def print_run(run: api.Run, json: bool) -> None:
    """One run with its report."""
    if json:
        print_json(run)
        return
    print_fields(
        [
            ("run", run.name),
            ("task", f"{run.task} {run.task_title}"),
            ("type", run.task_type),
            ("state", enum_name(api.Run.State, run.state)),
            ("because", enum_name(api.Run.Reason, run.reason, "REASON_")),
            ("held until", instant(run.hold_expire_time)),
            ("stands for", stands_for(run)),
            ("started by", run.started_by),
            ("cancelled by", run.cancelled_by),
            ("started", instant(run.start_time)),
            ("ended", instant(run.end_time)),
            ("attempts", str(len(run.attempts) or "")),
            ("progress", progress(run)),
            ("error", run.error.message),
            ("files", "\n".join(f"{file.file_name} ({file.size_bytes:,} bytes)" for file in run.files)),
            ("report", run.report),
        ]
    )


def print_runs(runs: list[api.Run], console: Console | None = None) -> None:
    """Runs as a table."""
    print_table(
        ["run", "task", "state", "stands for", "started", ">took", ">files", ""],
        (
            (
                run.name,
                run.task_title,
                enum_name(api.Run.State, run.state),
                instant(run.nominal_time),
                instant(run.start_time),
                took(run),
                str(run.file_count or ""),
                run.error.message or progress(run),
            )
            for run in runs
        ),
        console=console,
    )


def stands_for(run: api.Run) -> str:
    """The instant that a run stands for, or all of them."""
    if run.occurrence_count <= 1:
        return instant(run.nominal_time)
    return f"{run.occurrence_count:,} instants, {instant(run.first_nominal_time)} to {instant(run.nominal_time)}"


def took(run: api.Run) -> str:
    """How long a run that ended was at work."""
    if not run.end_time.seconds or not run.start_time.seconds:
        return ""
    seconds = (run.end_time.ToNanoseconds() - run.start_time.ToNanoseconds()) / 1e9
    return f"{seconds:.1f} s"


def progress(run: api.Run) -> str:
    """How far the handler has come, while it is at work."""
    if run.state != api.Run.STATE_WAITING or not (run.progress.done or run.progress.text):
        return ""
    of = f" of {run.progress.total:,}" if run.progress.total else ""
    return f"{run.progress.done:,}{of} {run.progress.text}".strip()
