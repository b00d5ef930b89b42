"""Imports from the wire: each message parsed once into facts, every mistake named with its index."""

from backroom.sales.v1 import sales_pb2
from services.sales.domain.names import TicketName
from services.sales.domain.tickets import (
    RECEIPTS,
    TICKETS,
    NewLine,
    NewPayment,
    NewReceipt,
    NewTicket,
)
from services.sales.rpc.fields import ZERO, Fields

LONGEST_CODE = 100
LONGEST_TEXT = 500
LONGEST_SIGNATURE = 20_000
MOST_LINES = 10_000  #: of one ticket


def parse_tickets(request: sales_pb2.ImportTicketsRequest) -> list[NewTicket]:
    """Tickets of one message. Raises `InvalidInput`."""
    fields = Fields()
    fields.size(request.tickets, "tickets", TICKETS)
    tickets = [_ticket(fields, ticket, f"tickets[{index}]") for index, ticket in enumerate(request.tickets)]
    fields.check()
    return tickets


def _ticket(fields: Fields, message: sales_pb2.Ticket, path: str) -> NewTicket:
    currency = fields.currency(message.total.currency_code, f"{path}.total.currency_code")
    if not 0 < message.register < 10**9:
        fields.wrong(f"{path}.register", "is to be above zero, with at most 9 digits")
    if not 0 < message.number < 10**18:
        fields.wrong(f"{path}.number", "is to be above zero, with at most 18 digits")
    if not 0 < len(message.lines) <= MOST_LINES:
        fields.wrong(f"{path}.lines", f"is to hold 1 to {MOST_LINES:,} lines")
    return NewTicket(
        store=fields.store(message.store, f"{path}.store"),
        register=message.register,
        number=message.number,
        business_date=fields.day(message.business_date, f"{path}.business_date"),
        close_time=fields.instant(message.close_time, f"{path}.close_time"),
        client=fields.text(message.client, f"{path}.client", LONGEST_CODE),
        cashier=fields.text(message.cashier, f"{path}.cashier", LONGEST_TEXT),
        lines=tuple([_line(fields, line, path, index, currency) for index, line in enumerate(message.lines)]),
        payments=tuple(
            [
                _payment(fields, payment, f"{path}.payments[{index}]", currency)
                for index, payment in enumerate(message.payments)
            ]
        ),
        total=fields.money(message.total, f"{path}.total", currency),
        currency=currency,
        signature=fields.text(message.signature, f"{path}.signature", LONGEST_SIGNATURE),
    )


def _line(fields: Fields, message: sales_pb2.TicketLine, ticket: str, index: int, currency: str) -> NewLine:
    path = f"{ticket}.lines[{index}]"
    quantity = fields.units(message.quantity.value, f"{path}.quantity")
    rate = fields.decimal(message.vat_rate.value, f"{path}.vat_rate", 3)
    if not 0 <= rate <= 100:
        fields.wrong(f"{path}.vat_rate", "is to be a percentage from 0 to 100")
    discount = fields.money(message.discount, f"{path}.discount", currency) if message.HasField("discount") else ZERO
    if discount < 0:
        fields.wrong(f"{path}.discount", "is not to be below zero")
    returned = message.returned_ticket
    if returned and TicketName.parse(returned) is None:
        fields.wrong(f"{path}.returned_ticket", f"{returned[:60]!r} is not tickets/<store>-<register>-<number>")
    if message.defective and quantity > 0:
        fields.wrong(f"{path}.defective", "only a return is defective; its quantity is negative")
    return NewLine(
        item=fields.text(message.item, f"{path}.item", LONGEST_CODE),
        label=fields.text(message.label, f"{path}.label", LONGEST_TEXT),
        quantity=quantity,
        amount=fields.money(message.amount, f"{path}.amount", currency),
        discount=discount,
        vat_rate=rate,
        returned_ticket=returned,
        defective=message.defective,
    )


def _payment(fields: Fields, message: sales_pb2.Payment, path: str, currency: str) -> NewPayment:
    return NewPayment(
        means=fields.text(message.means, f"{path}.means", LONGEST_CODE, least=1),
        amount=fields.money(message.amount, f"{path}.amount", currency),
    )


def parse_receipts(request: sales_pb2.ImportStockRequest) -> list[NewReceipt]:
    """Receipts of one message. Raises `InvalidInput`."""
    fields = Fields()
    fields.size(request.receipts, "receipts", RECEIPTS)
    receipts = []
    for index, message in enumerate(request.receipts):
        path = f"receipts[{index}]"
        receipts.append(
            NewReceipt(
                receipt_id=fields.text(message.receipt_id, f"{path}.receipt_id", LONGEST_CODE, least=1),
                store=fields.store(message.store, f"{path}.store"),
                item=fields.text(message.item, f"{path}.item", LONGEST_CODE, least=1),
                quantity=fields.positive_units(message.quantity.value, f"{path}.quantity"),
                unit_cost=fields.cost(message.unit_cost.value, f"{path}.unit_cost"),
                business_date=fields.day(message.business_date, f"{path}.business_date"),
            )
        )
    fields.check()
    return receipts
