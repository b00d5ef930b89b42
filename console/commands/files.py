"""`backroom files`: the spool, what waits in it, and the tries at sending it."""

import uuid
from typing import Annotated

import typer

from backroom.delivery.v1 import delivery_pb2 as api
from console.commands import destination_words
from console.options import connected
from console.output import Json, enum_name, instant, print_fields, print_json, print_table
from console.paging import Filter, Limit, OrderBy, collect

app = typer.Typer(no_args_is_help=True, help="Files on their way to their destinations.")

Name = Annotated[str, typer.Argument(help="`files/{uuid}`, or just the UUID.")]
Names = Annotated[list[str] | None, typer.Argument(help="`files/{uuid}`, or just the UUID; several at once.")]


@app.command("list")
def list_files(
    context: typer.Context, filter: Filter = "", order_by: OrderBy = "", limit: Limit = 50, json: Json = False
) -> None:
    """Lists files, oldest first, those that have arrived included; `--filter 'state = PARKED'` for what needs you."""
    with connected(context) as connection:
        files = collect(
            lambda size, token: connection.delivery.ListFiles(
                api.ListFilesRequest(page_size=size, page_token=token, filter=filter, order_by=order_by)
            ),
            lambda answer: answer.files,
            limit,
        )
    if json:
        print_json(files)
        return
    print_table(
        ["file", "name", "state", "destination", "task", ">bytes", ">tries", "next try", "why"],
        (
            (
                each.file.name,
                each.delivered_name or each.file.file_name,
                enum_name(api.File.State, each.state),
                each.destination,
                each.task,
                f"{each.file.size_bytes:,}",
                str(each.attempts or ""),
                instant(each.next_attempt_time),
                each.last_error,
            )
            for each in files.files
        ),
    )


@app.command()
def retry(
    context: typer.Context,
    names: Names = None,
    destination: Annotated[str, typer.Option(help="All that wait for this destination.")] = "",
    json: Json = False,
) -> None:
    """Has files sent again now, as if they had never failed."""
    request = api.RetryDeliveryRequest(
        files=[full(name) for name in names or ()],
        destination=destination and destination_words.full(destination),
        request_id=str(uuid.uuid4()),
    )
    with connected(context) as connection:
        answer = connection.delivery.RetryDelivery(request)
    if json:
        print_json(answer)
    else:
        print(f"{answer.file_count} file(s) are sent again now")


@app.command()
def discard(
    context: typer.Context,
    name: Name,
    reason: Annotated[str, typer.Option(help="Why, for the journal.")],
    json: Json = False,
) -> None:
    """Gives up a file: it will not be sent."""
    request = api.DiscardFileRequest(name=full(name), reason=reason, request_id=str(uuid.uuid4()))
    with connected(context) as connection:
        answer = connection.delivery.DiscardFile(request)
    if json:
        print_json(answer)
        return
    print(f"{full(name)} ({answer.file.file.file_name}) is given up")
    if answer.state_before == api.File.STATE_RENAMING:
        print("it was being renamed, so it may have arrived: look there")
    for mail in answer.mails:
        print(f"it has arrived by {mail}, or may have: ask the recipients (`backroom mails show {mail}`)")


@app.command()
def tries(
    context: typer.Context, filter: Filter = "", order_by: OrderBy = "", limit: Limit = 50, json: Json = False
) -> None:
    """Lists tries at sending files, newest first, those included that a crash broke off."""
    with connected(context) as connection:
        deliveries = collect(
            lambda size, token: connection.delivery.ListDeliveries(
                api.ListDeliveriesRequest(page_size=size, page_token=token, filter=filter, order_by=order_by)
            ),
            lambda answer: answer.deliveries,
            limit,
        )
    if json:
        print_json(deliveries)
        return
    print_table(
        ["try", "file", "destination", "task", ">no.", "state", "began", "ended", "why"],
        (
            (
                each.name,
                each.file_name,
                each.destination,
                each.task,
                str(each.attempt),
                enum_name(api.Delivery.State, each.state),
                instant(each.create_time),
                instant(each.end_time),
                each.message,
            )
            for each in deliveries.deliveries
        ),
    )


@app.command("try")
def show_try(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="`deliveries/7`, or just `7`.")],
    json: Json = False,
) -> None:
    """Shows one try at sending a file."""
    full_name = name if "/" in name else f"deliveries/{name}"
    with connected(context) as connection:
        delivery = connection.delivery.GetDelivery(api.GetDeliveryRequest(name=full_name))
    if json:
        print_json(delivery)
        return
    print_fields(
        [
            ("try", delivery.name),
            ("file", f"{delivery.file} {delivery.file_name}"),
            ("destination", delivery.destination),
            ("task", f"{delivery.task} {delivery.run}"),
            ("number", str(delivery.attempt)),
            ("state", enum_name(api.Delivery.State, delivery.state)),
            ("went on at", f"byte {delivery.resumed_offset:,}" if delivery.resumed_offset else ""),
            ("began", instant(delivery.create_time)),
            ("ended", instant(delivery.end_time)),
            ("reason", delivery.reason),
            ("why", delivery.message),
            ("what to do", delivery.remedy),
        ]
    )


def full(name: str) -> str:
    """A UUID alone is `files/{uuid}`."""
    return name if "/" in name else f"files/{name}"
