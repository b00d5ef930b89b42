"""`backroom tasks duplicate`, `export`, `import`: tasks that exist already, or in a `.crons` file."""

import sys
import uuid
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from backroom.scheduler.v1 import scheduler_pb2 as api
from console.commands.task_words import Name, full, render
from console.options import connected
from console.output import Json, enum_name, print_json, print_table
from console.paging import Filter

CHUNK = 256 * 1024  #: bytes of a file in one message
#: The manual's own words.
EXPORTED = "Les taches sélectionnées ont bien été exportées"
IMPORTED = "Toutes les tâches ont bien été importées depuis le fichier !"

Imported = api.ImportTasksResponse.ImportedTask


class OnConflict(StrEnum):
    """What to do with a task whose title exists on the site."""

    SKIP = "skip"
    RENAME = "rename"
    REPLACE = "replace"


def duplicate(
    context: typer.Context,
    name: Name,
    title: Annotated[str, typer.Option(help="Title of the new task; one of its own by default.")] = "",
    paused: Annotated[bool, typer.Option("--paused", help="Create it paused.")] = False,
    draft: Annotated[bool, typer.Option("--draft", help="Show what would be created, as JSON for --from.")] = False,
    json: Json = False,
) -> None:
    """Creates a task in the likeness of another."""
    with connected(context) as connection:
        task = connection.scheduler.DuplicateTask(api.DuplicateTaskRequest(name=full(name)))
        task.title = title or task.title
        if draft:
            print_json(task)
            return
        created = connection.scheduler.CreateTask(
            api.CreateTaskRequest(task=task, paused=paused, request_id=str(uuid.uuid4()))
        )
    render(created, json)


def export_tasks(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(help="`tasks/7`, or just `7`; none: all.")] = None,
    to: Annotated[str, typer.Option(help="The file, e.g. taches.crons; - writes to standard output.")] = "-",
    filter: Filter = "",
) -> None:
    """Exports tasks to a `.crons` file, without their secrets."""
    request = api.ExportTasksRequest(names=[full(name) for name in names or ()], filter=filter)
    with connected(context) as connection:
        content = b"".join(answer.chunk for answer in connection.scheduler.ExportTasks(request))
    if to == "-":
        sys.stdout.buffer.write(content)
        return
    try:
        Path(to).write_bytes(content)
    except OSError as error:
        raise typer.BadParameter(f"{to} cannot be written: {error.strerror}", param_hint="--to") from None
    print(EXPORTED)


def import_tasks(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The `.crons` file.")],
    site: Annotated[str, typer.Option(help="Site that they are created on; the default one else.")] = "",
    on_conflict: Annotated[OnConflict, typer.Option(help="Where a title exists there.")] = OnConflict.SKIP,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only, and show what would be done.")] = False,
    json: Json = False,
) -> None:
    """Imports the tasks of a `.crons` file, all of them or none; they are yours then."""
    header = api.ImportTasksRequest.Header(
        site=site,
        conflict_policy=f"CONFLICT_POLICY_{on_conflict.upper()}",
        validate_only=dry_run,
        request_id=str(uuid.uuid4()),
    )
    try:
        opened = file.open("rb")
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint="file") from None
    with opened, connected(context) as connection:
        answer = connection.scheduler.ImportTasks(_parts(header, opened))
    if json:
        print_json(answer)
        return
    print_table(
        ["task", "title", "", "paused until it is given"],
        (
            (
                each.task,
                each.title,
                enum_name(Imported.Outcome, each.outcome, "OUTCOME_"),
                ", ".join(each.missing_secrets),
            )
            for each in answer.tasks
        ),
    )
    selection = " ".join(each.task for each in answer.tasks if each.task)
    made = (Imported.OUTCOME_CREATED, Imported.OUTCOME_RENAMED)
    new = " ".join(each.task for each in answer.tasks if each.task and each.outcome in made)
    if dry_run:
        print("nothing was imported: this was a dry run")
    elif selection:
        print(IMPORTED)
        print(f"to change them: backroom tasks edit {selection}")
        if new:
            print(f"to take them back: backroom tasks delete {new}")
    else:
        print("nothing was imported: " + ("every title exists already" if answer.tasks else "the file holds no task"))


def _parts(header: api.ImportTasksRequest.Header, file: BinaryIO) -> Iterator[api.ImportTasksRequest]:
    """Read as it is sent: of a file that is too large, no more than the service takes."""
    yield api.ImportTasksRequest(header=header)
    while chunk := file.read(CHUNK):
        yield api.ImportTasksRequest(chunk=chunk)
