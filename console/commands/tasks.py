"""`backroom tasks`: what fires, when, and what it does."""

import time
import uuid
from typing import Annotated

import typer
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from backroom.scheduler.v1 import scheduler_pb2 as api
from console.commands import task_files
from console.commands.runs import print_run
from console.commands.task_fields import Fields, Timing
from console.commands.task_words import Name, Names, full, print_tasks, render
from console.connection import Connection
from console.joining import with_options
from console.options import connected
from console.output import Json, enum_name, instant, print_json, print_table
from console.paging import Filter, Limit, OrderBy, collect
from console.reading import parse_instant, read_into

app = typer.Typer(no_args_is_help=True, help="Tasks: a trigger, a typed job, a destination, who is told.")
app.command()(task_files.duplicate)
app.command("export")(task_files.export_tasks)
app.command("import")(task_files.import_tasks)

LOOK = 0.5  #: seconds between two looks at a run that is waited for
WELL = (api.Run.STATE_SUCCEEDED, api.Run.STATE_DELIVERED)
ENDED = (
    *WELL,
    api.Run.STATE_SPOOLED,
    api.Run.STATE_FAILED,
    api.Run.STATE_CANCELLED,
    api.Run.STATE_NOT_EXECUTED,
    api.Run.STATE_SKIPPED,
)


@app.command("list")
def list_tasks(
    context: typer.Context,
    filter: Filter = "",
    order_by: OrderBy = "",
    limit: Limit = 100,
    mine: Annotated[bool, typer.Option("--mine", help="Your own only.")] = False,
    system: Annotated[bool, typer.Option("--system", help="Temporary system tasks too.")] = False,
    json: Json = False,
) -> None:
    """Lists tasks, everybody's."""
    with connected(context) as connection:
        tasks = collect(
            lambda size, token: connection.scheduler.ListTasks(
                api.ListTasksRequest(
                    page_size=size,
                    page_token=token,
                    filter=filter,
                    order_by=order_by,
                    mine=mine,
                    show_system=system,
                )
            ),
            lambda answer: answer.tasks,
            limit,
        )
    if json:
        print_json(tasks)
    else:
        print_tasks(tasks.tasks)


@app.command()
def show(context: typer.Context, name: Name, json: Json = False) -> None:
    """Shows one task."""
    with connected(context) as connection:
        task = connection.scheduler.GetTask(api.GetTaskRequest(name=full(name)))
    render(task, json)


@app.command()
@with_options(Fields, "fields")
def create(
    context: typer.Context,
    fields: Fields,
    type: Annotated[str, typer.Option(help="Task type; `backroom tasks types` lists them.")] = "",
    paused: Annotated[bool, typer.Option("--paused", help="Create it paused.")] = False,
    test: Annotated[
        bool, typer.Option("--test", help="Start it once it is saved, wait, and show how it went.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only.")] = False,
    source: Annotated[
        str, typer.Option("--from", help="The task as JSON, @file or @-; what other options say counts instead.")
    ] = "",
    json: Json = False,
) -> None:
    """Creates a task, from options or from JSON."""
    task = api.Task()
    if source:
        read_into(task, source, "--from")
    if type:
        task.task_type = type
    fields.put(task)
    with connected(context) as connection:
        created = connection.scheduler.CreateTask(
            api.CreateTaskRequest(task=task, paused=paused, validate_only=dry_run, request_id=str(uuid.uuid4()))
        )
        if not test or dry_run:
            render(created, json)
            return
        started = connection.scheduler.RunTask(api.RunTaskRequest(name=created.name, request_id=str(uuid.uuid4())))
        if not json:
            print(f"{created.name} saved; {started.name} started")
        ended = until_ended(connection, started)
    print_run(ended, json)
    if ended.state not in WELL:
        raise typer.Exit(1)


@app.command()
@with_options(Fields, "fields")
def edit(
    context: typer.Context,
    names: Names,
    fields: Fields,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only.")] = False,
    json: Json = False,
) -> None:
    """Changes a task, or a selection: all of them or none. What nothing is said of stays as it is."""
    with connected(context) as connection:
        requests = []
        for name in dict.fromkeys(map(full, names)):
            task = connection.scheduler.GetTask(api.GetTaskRequest(name=name))
            touched = fields.put(task)
            if not touched:
                raise typer.BadParameter("say what to change, e.g. --pool nuit", param_hint="options")
            requests.append(api.UpdateTaskRequest(task=task, update_mask=FieldMask(paths=touched)))
        changed = connection.scheduler.BatchUpdateTasks(
            api.BatchUpdateTasksRequest(requests=requests, validate_only=dry_run, request_id=str(uuid.uuid4()))
        )
    if json:
        print_json(changed)
    elif len(changed.tasks) == 1:
        render(changed.tasks[0], json)
    else:
        print_tasks(changed.tasks)


@app.command()
@with_options(Timing, "timing")
def preview(
    context: typer.Context,
    timing: Timing,
    task: Annotated[str, typer.Option(help="Of this task, where nothing else is said: `tasks/7`, or just `7`.")] = "",
    start: Annotated[str, typer.Option(help="Instants later than this (ISO 8601); now by default.")] = "",
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=1000, help="How many.")] = 10,
    json: Json = False,
) -> None:
    """Shows when triggers fire next, without saving anything."""
    request = api.PreviewTriggerRequest(count=count)
    if start:
        request.start_time.CopyFrom(parse_instant(start, "--start"))
    with connected(context) as connection:
        if task:
            saved = connection.scheduler.GetTask(api.GetTaskRequest(name=full(task)))
            request.MergeFrom(
                api.PreviewTriggerRequest(
                    task=saved.name,
                    triggers=saved.triggers,
                    time_zone=saved.time_zone,
                    excluded_dates=saved.excluded_dates,
                    end_time=saved.end_time if saved.HasField("end_time") else None,
                    dst_rule=saved.dst_rule,
                )
            )
        list(timing.timed(request))
        found = connection.scheduler.PreviewTrigger(request)
    if json:
        print_json(found)
        return
    for each in found.times:
        print(instant(each))
    if len(found.times) < count:
        print("no further instant")


@app.command()
def run(
    context: typer.Context,
    name: Name,
    at: Annotated[str, typer.Option(help="The instant the run stands for (ISO 8601); now by default.")] = "",
    json: Json = False,
) -> None:
    """Starts a run by hand, whatever the task's trigger and state."""
    request = api.RunTaskRequest(name=full(name), request_id=str(uuid.uuid4()))
    if at:
        request.nominal_time.CopyFrom(parse_instant(at, "--at"))
    with connected(context) as connection:
        started = connection.scheduler.RunTask(request)
    if json:
        print_json(started)
    else:
        print(f"{started.name} of {started.task} {enum_name(api.Run.State, started.state)}")


@app.command()
def pause(context: typer.Context, name: Name, json: Json = False) -> None:
    """Stops a task from firing."""
    with connected(context) as connection:
        task = connection.scheduler.PauseTask(api.PauseTaskRequest(name=full(name), request_id=str(uuid.uuid4())))
    render(task, json)


@app.command()
def resume(context: typer.Context, name: Name, json: Json = False) -> None:
    """Lets a paused task fire again."""
    with connected(context) as connection:
        task = connection.scheduler.ResumeTask(api.ResumeTaskRequest(name=full(name), request_id=str(uuid.uuid4())))
    render(task, json)


@app.command()
def delete(context: typer.Context, names: Names, json: Json = False) -> None:
    """Deletes a task, or a selection: all of them or none; their runs stay readable."""
    selection = list(dict.fromkeys(map(full, names)))
    with connected(context) as connection:
        gone = connection.scheduler.BatchDeleteTasks(
            api.BatchDeleteTasksRequest(names=selection, request_id=str(uuid.uuid4()))
        )
    if json:
        print_json(gone)
    else:
        print(f"{' '.join(selection)} deleted")


@app.command()
def types(
    context: typer.Context,
    locale: Annotated[str, typer.Option(help="fr or en; yours by default.")] = "",
    site: Annotated[str, typer.Option(help="Also what the own handlers of this site offer.")] = "",
    json: Json = False,
) -> None:
    """Lists the task types that the services offer."""
    request = api.ListTaskTypesRequest(locale=locale, site=site.removeprefix("sites/"))
    with connected(context) as connection:
        offered = connection.scheduler.ListTaskTypes(request)
    if json:
        print_json(offered)
        return
    print_table(
        ["type", "folder", "title", "options"],
        (
            (each.name, each.folder, each.title, ", ".join(option_names(each.options_schema)))
            for each in offered.task_types
        ),
    )
    for handler in offered.unavailable_handlers:
        print(f"{handler} does not answer; its types are missing here")


def until_ended(connection: Connection, run: api.Run) -> api.Run:
    """The run once it has ended, or waits for a site that may stay away for long."""
    while run.state not in (*ENDED, api.Run.STATE_HELD):
        time.sleep(LOOK)
        run = connection.scheduler.GetRun(api.GetRunRequest(name=run.name))
    return run


def option_names(schema: Message) -> list[str]:
    """The names of a type's options, as its JSON Schema has them."""
    properties = MessageToDict(schema).get("properties", {})
    return list(properties) if isinstance(properties, dict) else []
