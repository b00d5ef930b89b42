"""`backroom clients`: the chain's clients."""

import typer

from backroom.clients.v1 import clients_pb2 as api
from console.options import connected
from console.output import Json, print_json, print_table
from console.paging import Filter, Limit, OrderBy, collect

app = typer.Typer(no_args_is_help=True, help="Clients.")


@app.callback()
def group() -> None:
    """Clients."""


@app.command("list")
def list_clients(
    context: typer.Context, filter: Filter = "", order_by: OrderBy = "", limit: Limit = 50, json: Json = False
) -> None:
    """Lists clients that match a filter, e.g. 'consents:tickets_by_email AND card.point_count > 500'."""
    with connected(context) as connection:
        found = collect(
            lambda size, token: connection.clients.ListClients(
                api.ListClientsRequest(page_size=size, page_token=token, filter=filter, order_by=order_by)
            ),
            lambda answer: answer.clients,
            limit,
        )
    if json:
        print_json(found)
        return
    print_table(
        ["client", "name", "e-mail", "town", "store", ">points", "agreed to"],
        (
            (
                each.code,
                " ".join(part for part in (each.title, given_name(each), each.family_name) if part),
                each.members[0].email if each.members else "",
                f"{each.billing_address.postcode} {each.billing_address.city}".strip(),
                each.store,
                str(each.card.point_count),
                ", ".join(consent.option for consent in each.consents if consent.granted),
            )
            for each in found.clients
        ),
    )
    print(f"{found.total_size:,} match")


def given_name(client: api.Client) -> str:
    """Of the main contact."""
    return client.members[0].given_name if client.members else ""
