"""`backroom inbox`: what people are told."""

import uuid
from typing import Annotated

import typer

from backroom.scheduler.v1 import scheduler_pb2 as api
from console.options import connected
from console.output import Json, harmless, instant, new_console, print_fields, print_json, print_table
from console.paging import Filter, Limit, OrderBy, collect

app = typer.Typer(no_args_is_help=True, help="Your inbox: reports of runs.")


@app.command("list")
def list_messages(
    context: typer.Context, filter: Filter = "", order_by: OrderBy = "", limit: Limit = 50, json: Json = False
) -> None:
    """Lists your messages, newest first."""
    with connected(context) as connection:
        messages = collect(
            lambda size, token: connection.inbox.ListMessages(
                api.ListMessagesRequest(page_size=size, page_token=token, filter=filter, order_by=order_by)
            ),
            lambda answer: answer.messages,
            limit,
        )
    if json:
        print_json(messages)
        return
    print_table(
        ["message", "", "category", "subject", "run", "written"],
        (
            (
                each.name,
                " ".join(word for word, said in (("new", not each.read), ("error", each.error)) if said),
                each.category,
                each.subject,
                each.run,
                instant(each.create_time),
            )
            for each in messages.messages
        ),
    )
    by_category = ", ".join(f"{category} {count}" for category, count in sorted(messages.unread_counts.items()))
    print(f"{messages.unread_count} not read yet" + (f": {by_category}" if by_category else ""))


@app.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="`messages/7`, or just `7`.")],
    json: Json = False,
) -> None:
    """Shows one message; it stays as it is, read or not."""
    with connected(context) as connection:
        message = connection.inbox.GetMessage(api.GetMessageRequest(name=full(name)))
    if json:
        print_json(message)
        return
    print_fields(
        [
            ("message", message.name),
            ("category", message.category),
            ("subject", message.subject),
            ("run", message.run),
            ("written", instant(message.create_time)),
        ]
    )
    new_console().print(f"\n{harmless(message.body)}", markup=False)


@app.command()
def read(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help="`messages/7`, or just `7`; several at once.")],
    json: Json = False,
) -> None:
    """Marks messages as read."""
    request = api.MarkMessagesReadRequest(names=[full(name) for name in names], request_id=str(uuid.uuid4()))
    with connected(context) as connection:
        marked = connection.inbox.MarkMessagesRead(request)
    if json:
        print_json(marked)
    else:
        print(f"{marked.marked_count} marked as read")


@app.command()
def delete(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help="`messages/7`, or just `7`; several at once.")],
    json: Json = False,
) -> None:
    """Deletes messages, all of them or none."""
    selection = [full(name) for name in names]
    with connected(context) as connection:
        gone = connection.inbox.DeleteMessages(api.DeleteMessagesRequest(names=selection, request_id=str(uuid.uuid4())))
    if json:
        print_json(gone)
    else:
        print(f"{' '.join(selection)} deleted")


def full(name: str) -> str:
    """`7` is `messages/7`."""
    return name if "/" in name else f"messages/{name}"
