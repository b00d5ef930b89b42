"""`backroom sales`: sales days, and their correction."""

import time
import uuid
from typing import Annotated

import typer
from google.longrunning import operations_pb2

from backroom.sales.v1 import sales_pb2 as api
from chassis.errors import RemoteRefused
from console.connection import Connection
from console.options import connected
from console.output import Json, day, enum_name, print_fields, print_json, print_table
from console.paging import Filter, Limit, OrderBy, collect

app = typer.Typer(no_args_is_help=True, help="Sales: days, and the correction of what could not be posted.")

PAUSE = 0.2  #: seconds between two looks at an operation


@app.command()
def days(
    context: typer.Context, filter: Filter = "", order_by: OrderBy = "", limit: Limit = 100, json: Json = False
) -> None:
    """Lists sales days: date, store, register, and whether they are up to date."""
    with connected(context) as connection:
        found = collect(
            lambda size, token: connection.sales.ListSalesDays(
                api.ListSalesDaysRequest(page_size=size, page_token=token, filter=filter, order_by=order_by)
            ),
            lambda answer: answer.sales_days,
            limit,
        )
    if json:
        print_json(found)
    else:
        print_days(list(found.sales_days))


@app.command()
def correct(
    context: typer.Context,
    store: Annotated[
        list[str] | None, typer.Option(help="Code of a store whose days are corrected; all by default.")
    ] = None,
    donor: Annotated[
        list[str] | None, typer.Option(help="Code of a store that may give, in this order; all by default.")
    ] = None,
    adjust: Annotated[bool, typer.Option("--adjust", help="Supply by adjustment (AV) instead of transfers.")] = False,
    adjust_remainder: Annotated[
        bool, typer.Option("--adjust-remainder", help="Adjust what no donor can cover.")
    ] = False,
    close: Annotated[bool, typer.Option("--close", help="Close days that are wholly posted.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    json: Json = False,
) -> None:
    """Corrects sales that could not be posted, and waits for the end."""
    options = api.CorrectionOptions(
        stores=store or [],
        donor_stores=donor or [],
        method=api.CorrectionOptions.METHOD_ADJUSTMENT if adjust else api.CorrectionOptions.METHOD_TRANSFER,
    )
    if adjust_remainder:
        options.adjust_remainder = True
    if close:
        options.close_days = True
    request = api.CorrectSalesRequest(options=options, validate_only=dry_run, request_id=str(uuid.uuid4()))
    with connected(context) as connection:
        operation = finished(connection, connection.sales.CorrectSales(request))
    outcome = api.CorrectSalesResponse()
    operation.response.Unpack(outcome)
    if json:
        print_json(outcome)
        return
    print_days(list(outcome.sales_days))
    print_fields(
        [
            ("vouchers", ", ".join(outcome.vouchers)),
            ("units transferred", outcome.transferred_units.value),
            ("units adjusted", outcome.adjusted_units.value),
            ("lines of unknown codes", str(outcome.reassigned_line_count)),
            ("returns credited", str(outcome.credited_return_count)),
            ("lines still in error", str(outcome.remaining_line_count)),
            ("to know", "\n".join(outcome.warnings)),
        ]
    )


def print_days(found: list[api.SalesDay]) -> None:
    """Sales days as a table."""
    print_table(
        ["date", "store", ">register", "state", ">tickets", ">in error"],
        (
            (
                day(each.business_date),
                each.store,
                str(each.register),
                enum_name(api.SalesDay.State, each.state),
                str(each.ticket_count),
                str(each.error_count),
            )
            for each in found
        ),
    )


def finished(connection: Connection, operation: operations_pb2.Operation) -> operations_pb2.Operation:
    """The operation once it has ended well."""
    while not operation.done:
        time.sleep(PAUSE)
        operation = connection.operations("sales").GetOperation(operations_pb2.GetOperationRequest(name=operation.name))
    if operation.HasField("error"):
        raise RemoteRefused("FAILED_PRECONDITION", "OPERATION_FAILED", f"sales: {operation.error.message}")
    return operation
