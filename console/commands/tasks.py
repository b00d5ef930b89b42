"""`backroom tasks`: what fires, when, and what it does."""

import uuid
from typing import Annotated

import typer
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from google.protobuf.message import Message

from backroom.scheduler.v1 import scheduler_pb2 as api
from chassis.rpc.messages import json_to_struct
from console.options import connected
from console.output import Json, enum_name, instant, print_fields, print_json, print_table
from console.paging import Filter, Limit, OrderBy, collect
from console.reading import parse_instant, read_json, read_option

app = typer.Typer(no_args_is_help=True, help="Tasks: a trigger, a typed job, a destination, who is told.")

Name = Annotated[str, typer.Argument(help="`tasks/7`, or just `7`.")]


@app.command("list")
def list_tasks(
    context: typer.Context, filter: Filter = "", order_by: OrderBy = "", limit: Limit = 100, json: Json = False
) -> None:
    """Lists tasks."""
    with connected(context) as connection:
        tasks = collect(
            lambda size, token: connection.scheduler.ListTasks(
                api.ListTasksRequest(page_size=size, page_token=token, filter=filter, order_by=order_by)
            ),
            lambda answer: answer.tasks,
            limit,
        )
    if json:
        print_json(tasks)
        return
    print_table(
        ["task", "title", "type", "state", "next", "pool", "destination"],
        (
            (
                task.name,
                task.title,
                task.task_type,
                enum_name(api.Task.State, task.state),
                instant(task.next_run_time),
                task.pool,
                task.destination,
            )
            for task in tasks.tasks
        ),
    )


@app.command()
def show(context: typer.Context, name: Name, json: Json = False) -> None:
    """Shows one task."""
    with connected(context) as connection:
        task = connection.scheduler.GetTask(api.GetTaskRequest(name=full(name)))
    render(task, json)


@app.command()
def create(
    context: typer.Context,
    title: Annotated[str, typer.Option(help="What people call it.")] = "",
    type: Annotated[str, typer.Option(help="Task type; `backroom tasks types` lists them.")] = "",
    option: Annotated[list[str] | None, typer.Option(help="name=value; the value is JSON or text.")] = None,
    cron: Annotated[list[str] | None, typer.Option(help="Fires by this cron expression.")] = None,
    at: Annotated[list[str] | None, typer.Option(help="Fires once, at this instant (ISO 8601).")] = None,
    zone: Annotated[str, typer.Option(help="IANA zone of triggers and file names.")] = "",
    destination: Annotated[str, typer.Option(help="Where its files go: an id of `backroom destinations`.")] = "",
    file_name: Annotated[str, typer.Option(help="Name of its files, e.g. 'ventes-{y}{m}{d}-{mag x}.csv'.")] = "",
    pool: Annotated[str, typer.Option(help="Tasks of one pool run one after the other.")] = "",
    attempts: Annotated[int, typer.Option(min=0, max=10, help="Attempts in all, where one fails.")] = 0,
    paused: Annotated[bool, typer.Option("--paused", help="Create it paused.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check only.")] = False,
    source: Annotated[
        str, typer.Option("--from", help="The task as JSON, @file or @- (options above are added to it).")
    ] = "",
    json: Json = False,
) -> None:
    """Creates a task, from options or from JSON."""
    task = api.Task()
    if source:
        try:
            ParseDict(read_json(source, "--from"), task)
        except ParseError as error:
            raise typer.BadParameter(str(error), param_hint="--from") from None
    for field, value in (
        ("title", title),
        ("task_type", type),
        ("time_zone", zone),
        ("file_name", file_name),
        ("pool", pool),
    ):
        if value:
            setattr(task, field, value)
    if destination:
        task.destination = destination if destination.startswith("destinations/") else f"destinations/{destination}"
    if option:
        task.options.MergeFrom(json_to_struct(dict(map(read_option, option))))
    if attempts:
        task.retry_policy.max_attempts = attempts
    task.triggers.extend(api.Trigger(cron=api.CronTrigger(expression=each)) for each in cron or ())
    task.triggers.extend(api.Trigger(once=api.OnceTrigger(time=parse_instant(each, "--at"))) for each in at or ())
    with connected(context) as connection:
        created = connection.scheduler.CreateTask(
            api.CreateTaskRequest(task=task, paused=paused, validate_only=dry_run, request_id=str(uuid.uuid4()))
        )
    render(created, json)


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
def delete(context: typer.Context, name: Name, json: Json = False) -> None:
    """Deletes a task; its runs stay readable."""
    with connected(context) as connection:
        gone = connection.scheduler.DeleteTask(api.DeleteTaskRequest(name=full(name), request_id=str(uuid.uuid4())))
    if json:
        print_json(gone)
    else:
        print(f"{full(name)} deleted")


@app.command()
def types(
    context: typer.Context,
    locale: Annotated[str, typer.Option(help="fr or en; yours by default.")] = "",
    json: Json = False,
) -> None:
    """Lists the task types that the services offer."""
    with connected(context) as connection:
        offered = connection.scheduler.ListTaskTypes(api.ListTaskTypesRequest(locale=locale))
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


def option_names(schema: Message) -> list[str]:
    """The names of a type's options, as its JSON Schema has them."""
    properties = MessageToDict(schema).get("properties", {})
    return list(properties) if isinstance(properties, dict) else []


def full(name: str) -> str:
    """`7` is `tasks/7`."""
    return name if "/" in name else f"tasks/{name}"


def render(task: api.Task, json: bool) -> None:
    """One task."""
    if json:
        print_json(task)
        return
    print_fields(
        [
            ("task", task.name),
            ("title", task.title),
            ("type", task.task_type),
            ("state", enum_name(api.Task.State, task.state)),
            ("next", instant(task.next_run_time)),
            ("triggers", "\n".join(trigger(each) for each in task.triggers)),
            ("zone", task.time_zone),
            ("options", "\n".join(f"{name} = {value}" for name, value in MessageToDict(task.options).items())),
            ("destination", task.destination),
            ("file name", task.file_name),
            ("pool", task.pool),
            ("owner", task.owner),
            ("site", task.site),
        ]
    )


def trigger(message: api.Trigger) -> str:
    """A trigger in words."""
    if message.WhichOneof("kind") == "cron":
        return f"cron {message.cron.expression}"
    return f"once at {instant(message.once.time)}"
