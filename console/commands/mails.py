"""`backroom mails`: what the system sends by e-mail, and what became of it."""

import uuid
from typing import Annotated

import typer

from backroom.mail.v1 import mail_pb2 as api
from console.options import connected
from console.output import Json, enum_name, instant, print_fields, print_json, print_table
from console.paging import Filter, Limit, OrderBy, collect

app = typer.Typer(no_args_is_help=True, help="E-mails: tickets, reports, files.")

Name = Annotated[str, typer.Argument(help="`mails/{uuid}`, or just the UUID.")]


@app.command("list")
def list_mails(
    context: typer.Context, filter: Filter = "", order_by: OrderBy = "", limit: Limit = 50, json: Json = False
) -> None:
    """Lists mails, newest first; `--filter 'state = UNCERTAIN'` for those that may have arrived."""
    with connected(context) as connection:
        mails = collect(
            lambda size, token: connection.mail.ListMails(
                api.ListMailsRequest(page_size=size, page_token=token, filter=filter, order_by=order_by)
            ),
            lambda answer: answer.mails,
            limit,
        )
    if json:
        print_json(mails)
        return
    print_table(
        ["mail", "state", "to", "subject", "stored", ">tries", "answer"],
        (
            (
                each.name,
                enum_name(api.Mail.State, each.state),
                ", ".join(each.recipients),
                each.subject,
                instant(each.create_time),
                str(each.attempts or ""),
                each.last_answer,
            )
            for each in mails.mails
        ),
    )


@app.command()
def show(context: typer.Context, name: Name, json: Json = False) -> None:
    """Shows one mail."""
    with connected(context) as connection:
        mail = connection.mail.GetMail(api.GetMailRequest(name=full(name)))
    render(mail, json)


@app.command()
def abandon(
    context: typer.Context,
    name: Name,
    reason: Annotated[str, typer.Option(help="Why, for the journal.")],
    json: Json = False,
) -> None:
    """Gives up a mail that has not left, or not for everybody: it will not be sent."""
    request = api.AbandonMailRequest(name=full(name), reason=reason, request_id=str(uuid.uuid4()))
    with connected(context) as connection:
        mail = connection.mail.AbandonMail(request)
    render(mail, json)


def full(name: str) -> str:
    """A UUID alone is `mails/{uuid}`."""
    return name if "/" in name else f"mails/{name}"


def render(mail: api.Mail, json: bool) -> None:
    """One mail."""
    if json:
        print_json(mail)
        return
    print_fields(
        [
            ("mail", mail.name),
            ("state", enum_name(api.Mail.State, mail.state)),
            ("to", ", ".join(mail.recipients)),
            ("arrived at", ", ".join(mail.sent_recipients)),
            ("may have arrived at", ", ".join(mail.uncertain_recipients)),
            ("subject", mail.subject),
            ("attachments", ", ".join(mail.attachments)),
            ("server", mail.server),
            ("legacy", "sent by the legacy settings" if mail.legacy_server else ""),
            ("tries", str(mail.attempts or "")),
            ("answer", mail.last_answer),
            ("stored", instant(mail.create_time)),
            ("sent", instant(mail.send_time)),
        ]
    )
