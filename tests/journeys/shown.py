"""What the services show of a night, told as the expectation tells it."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from google.type.date_pb2 import Date

from backroom.sales.v1 import sales_pb2
from backroom.scheduler.v1 import scheduler_pb2
from tests.journeys.expectation_facts import Bon, Place, Transfer
from tests.journeys.night import Night


def list_tickets(night: Night) -> Sequence[sales_pb2.Ticket]:
    return night.connection.sales.ListTickets(sales_pb2.ListTicketsRequest(page_size=1000)).tickets


def list_vouchers(night: Night) -> list[Bon]:
    answer = night.connection.sales.ListVouchers(sales_pb2.ListVouchersRequest(page_size=1000))
    assert not answer.next_page_token
    return [
        Bon(
            name=voucher.name.removeprefix("vouchers/"),
            type=sales_pb2.Voucher.Type.Name(voucher.type).removeprefix("TYPE_"),
            store=voucher.store,
            donor=voucher.donor_store,
            supplier=voucher.supplier,
            collection=voucher.collection,
            business_date=to_date(voucher.business_date),
            units=int(Decimal(voucher.quantity.value)),
            cents=voucher.value.units * 100 + voucher.value.nanos // 10_000_000,
            lines=voucher.line_count,
        )
        for voucher in answer.vouchers
    ]


def message(night: Night, run: scheduler_pb2.Run) -> str:
    request = scheduler_pb2.ListMessagesRequest(page_size=10, filter=f'run = "{run.name}"')
    (listed,) = night.connection.inbox.ListMessages(request).messages
    found = night.connection.inbox.GetMessage(scheduler_pb2.GetMessageRequest(name=listed.name))
    assert found.category == "Rapports de tâches"
    assert not found.error
    return found.body


def moved(night: Night, condition: str) -> dict[Place, int]:
    return places(
        night.rows(
            "sales",
            "SELECT store.code, item.code, sum(stock_movement.quantity) FROM stock_movement"
            " JOIN store ON store.id = stock_movement.store_id JOIN item ON item.id = stock_movement.item_id"
            f" LEFT JOIN voucher ON voucher.id = voucher_id WHERE {condition} GROUP BY 1, 2",
        )
    )


def stock(night: Night) -> dict[Place, int]:
    return places(
        night.rows(
            "sales",
            "SELECT store.code, item.code, quantity FROM stock_level"
            " JOIN store ON store.id = store_id JOIN item ON item.id = item_id",
        )
    )


def places(rows: Sequence[tuple[object, ...]]) -> dict[Place, int]:
    return {
        Place(str(store), str(item)): int(units) for store, item, units in rows if isinstance(units, Decimal) and units
    }


def rows_of(content: bytes) -> list[tuple[str, ...]]:
    return [tuple(row) for row in csv.reader(io.StringIO(content.decode(), newline=""), delimiter=";")]


def as_row(transfer: Transfer) -> tuple[object, ...]:
    return transfer.donor, transfer.receiver, transfer.item, Decimal(transfer.units), transfer.business_date


def to_date(message: Date) -> date:
    return date(message.year, message.month, message.day)
