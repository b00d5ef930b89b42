"""`backroom tasks backfill`: instants that brought no run are made up for."""

import uuid
from typing import Annotated

import typer

from backroom.scheduler.v1 import scheduler_pb2 as api
from console.commands.task_words import Name, full
from console.options import connected
from console.output import Json, instant, print_json, print_table
from console.reading import parse_instant


def backfill(
    context: typer.Context,
    name: Name,
    since: Annotated[str, typer.Option("--from", help="First instant of the range (ISO 8601).")],
    until: Annotated[str, typer.Option("--to", help="Last instant of the range, not in the future.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the instants only.")] = False,
    json: Json = False,
) -> None:
    """Runs the instants of a range that brought no run, or were skipped: one run each, oldest first."""
    request = api.BackfillTaskRequest(
        name=full(name),
        start_time=parse_instant(since, "--from"),
        end_time=parse_instant(until, "--to"),
        validate_only=dry_run,
        request_id=str(uuid.uuid4()),
    )
    with connected(context) as connection:
        made = connection.scheduler.BackfillTask(request)
    if json:
        print_json(made)
        return
    runs = list(made.runs) or [""] * len(made.nominal_times)
    print_table(["stands for", "run"], zip(map(instant, made.nominal_times), runs, strict=True))
