"""Renders tickets, purchases, sales days and vouchers into the contract's messages."""

from decimal import Decimal

from google.type.decimal_pb2 import Decimal as DecimalMessage

from backroom.sales.v1 import sales_pb2
from chassis.rpc.messages import date_message, decimal_message, money_message, timestamp
from services.sales.application.cards import DayCard, VoucherCard
from services.sales.domain.states import DayState, LineProblem, TicketState, VoucherType
from services.sales.domain.views import ClientPurchases, LineView, PaymentView, TicketView

TICKET_STATES = {
    TicketState.RECORDED: sales_pb2.Ticket.STATE_RECORDED,
    TicketState.VALIDATED: sales_pb2.Ticket.STATE_VALIDATED,
    TicketState.IN_ERROR: sales_pb2.Ticket.STATE_IN_ERROR,
}
DAY_STATES = {
    DayState.OPEN: sales_pb2.SalesDay.STATE_OPEN,
    DayState.IN_ERROR: sales_pb2.SalesDay.STATE_IN_ERROR,
    DayState.UP_TO_DATE: sales_pb2.SalesDay.STATE_UP_TO_DATE,
    DayState.CLOSED: sales_pb2.SalesDay.STATE_CLOSED,
}
PROBLEMS = {
    None: sales_pb2.TicketLine.PROBLEM_UNSPECIFIED,
    LineProblem.UNKNOWN_CODE: sales_pb2.TicketLine.PROBLEM_UNKNOWN_CODE,
    LineProblem.INSUFFICIENT_STOCK: sales_pb2.TicketLine.PROBLEM_INSUFFICIENT_STOCK,
    LineProblem.RETURN_WITHOUT_SALE: sales_pb2.TicketLine.PROBLEM_RETURN_WITHOUT_SALE,
}
VOUCHER_TYPES = {
    VoucherType.RECEIPT: sales_pb2.Voucher.TYPE_REC,
    VoucherType.TRANSFER: sales_pb2.Voucher.TYPE_TRF,
    VoucherType.SALES_ADJUSTMENT: sales_pb2.Voucher.TYPE_AV,
    VoucherType.DESTRUCTION: sales_pb2.Voucher.TYPE_BDD,
    VoucherType.SUPPLIER_RETURN: sales_pb2.Voucher.TYPE_RFD,
}


def render_ticket(ticket: TicketView) -> sales_pb2.Ticket:
    return sales_pb2.Ticket(
        name=str(ticket.name),
        store=ticket.name.store,
        register=ticket.name.register,
        number=ticket.name.number,
        business_date=date_message(ticket.business_date),
        close_time=timestamp(ticket.close_time),
        client=ticket.client,
        cashier=ticket.cashier,
        lines=[render_line(line, ticket.currency) for line in ticket.lines],
        payments=[render_payment(payment, ticket.currency) for payment in ticket.payments],
        total=money_message(ticket.total, ticket.currency),
        state=TICKET_STATES[ticket.state],
        signature=ticket.signature,
    )


def render_line(line: LineView, currency: str) -> sales_pb2.TicketLine:
    return sales_pb2.TicketLine(
        item=line.item,
        label=line.label,
        quantity=render_decimal(line.quantity),
        amount=money_message(line.amount, currency),
        vat_rate=render_decimal(line.vat_rate),
        returned_ticket=line.returned_ticket,
        defective=line.defective,
        posted=line.posted,
        problem=PROBLEMS[line.problem],
        discount=money_message(line.discount, currency),
    )


def render_payment(payment: PaymentView, currency: str) -> sales_pb2.Payment:
    return sales_pb2.Payment(means=payment.means, amount=money_message(payment.amount, currency))


def render_sales_day(day: DayCard) -> sales_pb2.SalesDay:
    return sales_pb2.SalesDay(
        business_date=date_message(day.business_date),
        store=day.store,
        register=day.register,
        state=DAY_STATES[day.state],
        ticket_count=day.ticket_count,
        error_count=day.error_count,
    )


def render_voucher(voucher: VoucherCard) -> sales_pb2.Voucher:
    return sales_pb2.Voucher(
        name=voucher.name.resource,
        type=VOUCHER_TYPES[voucher.type],
        store=voucher.store,
        donor_store=voucher.donor,
        supplier=voucher.supplier,
        collection=voucher.collection,
        business_date=date_message(voucher.business_date),
        quantity=render_decimal(voucher.quantity),
        value=money_message(voucher.value, voucher.currency),
        line_count=voucher.line_count,
        create_time=timestamp(voucher.create_time),
    )


def render_purchases(client: ClientPurchases) -> sales_pb2.ClientPurchases:
    return sales_pb2.ClientPurchases(
        client=client.client,
        purchases=[
            sales_pb2.Purchase(
                store=purchase.ticket.store,
                close_time=timestamp(purchase.close_time),
                ticket=str(purchase.ticket),
            )
            for purchase in client.purchases
        ],
    )


def render_decimal(value: Decimal) -> DecimalMessage:
    """Without the zeros that the database's scale adds."""
    return decimal_message(value.normalize())
