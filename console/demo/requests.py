"""The demo's facts as requests of the contracts."""

from collections.abc import Iterable, Sequence
from datetime import date

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date
from google.type.decimal_pb2 import Decimal
from google.type.money_pb2 import Money

from backroom.clients.v1 import clients_pb2
from backroom.sales.v1 import sales_pb2
from console.demo import facts

COUNTRY = "FR"
CARD_TYPE = "FIDELITE"
CONSENT = "tickets_by_email"
CONSENT_SOURCE = "register"
CONSENT_TEXT = "2016-1"

POLICIES = {
    facts.DefectivesPolicy.NONE: sales_pb2.Supplier.DEFECTIVES_POLICY_NONE,
    facts.DefectivesPolicy.ADJUSTMENT: sales_pb2.Supplier.DEFECTIVES_POLICY_ADJUSTMENT,
    facts.DefectivesPolicy.SUPPLIER_RETURN: sales_pb2.Supplier.DEFECTIVES_POLICY_SUPPLIER_RETURN,
}


def stores(batch: Iterable[facts.Store]) -> sales_pb2.ImportCatalogueRequest:
    return sales_pb2.ImportCatalogueRequest(
        stores=[
            sales_pb2.Store(
                code=store.code,
                display_name=store.display_name,
                currency=facts.CURRENCY,
                legal_entity=facts.LEGAL_ENTITY,
                voucher_prefix=store.voucher_prefix,
            )
            for store in batch
        ]
    )


def suppliers(batch: Iterable[facts.Supplier]) -> sales_pb2.ImportCatalogueRequest:
    return sales_pb2.ImportCatalogueRequest(
        suppliers=[
            sales_pb2.Supplier(
                code=supplier.code,
                display_name=supplier.display_name,
                defectives_policy=POLICIES[supplier.policy],
            )
            for supplier in batch
        ]
    )


def brands(batch: Iterable[facts.Brand]) -> sales_pb2.ImportCatalogueRequest:
    return sales_pb2.ImportCatalogueRequest(
        brands=[
            sales_pb2.Brand(code=brand.code, display_name=brand.display_name, suppliers=brand.suppliers)
            for brand in batch
        ]
    )


def models(batch: Iterable[facts.Model]) -> sales_pb2.ImportCatalogueRequest:
    return sales_pb2.ImportCatalogueRequest(
        models=[
            sales_pb2.Model(
                code=model.code,
                display_name=model.display_name,
                brand=model.brand,
                family=model.family,
                subfamily=model.subfamily,
                collection=model.collection,
                vat_rate=Decimal(value=model.vat_rate),
                stocked=model.stocked,
                items=[sales_pb2.Item(code=model.code)],
            )
            for model in batch
        ]
    )


def receipts(batch: Iterable[facts.Receipt]) -> sales_pb2.ImportStockRequest:
    return sales_pb2.ImportStockRequest(
        receipts=[
            sales_pb2.StockReceipt(
                receipt_id=receipt.receipt_id,
                store=receipt.store,
                item=receipt.item,
                quantity=Decimal(value=str(receipt.quantity)),
                unit_cost=Decimal(value=f"{receipt.unit_cost // 10_000}.{receipt.unit_cost % 10_000:04}"),
                business_date=_date(receipt.business_date),
            )
            for receipt in batch
        ]
    )


def tickets(batch: Iterable[facts.Ticket]) -> sales_pb2.ImportTicketsRequest:
    return sales_pb2.ImportTicketsRequest(tickets=map(ticket, batch))


def ticket(fact: facts.Ticket) -> sales_pb2.Ticket:
    total = _money(fact.total)
    return sales_pb2.Ticket(
        store=fact.store,
        register=fact.register,
        number=fact.number,
        business_date=_date(fact.business_date),
        close_time=Timestamp(seconds=int(fact.close_time.timestamp())),
        client=fact.client,
        cashier=fact.cashier,
        lines=map(_line, fact.lines),
        # Nothing is paid where nothing is due.
        payments=[sales_pb2.Payment(means=fact.means, amount=total)] if fact.total else (),
        total=total,
    )


def _line(fact: facts.Line) -> sales_pb2.TicketLine:
    return sales_pb2.TicketLine(
        item=fact.item,
        label=fact.label,
        quantity=Decimal(value=str(fact.quantity)),
        amount=_money(fact.amount),
        vat_rate=Decimal(value=fact.vat_rate),
        returned_ticket=fact.returned_ticket,
        defective=fact.defective,
        discount=_money(fact.discount),
    )


def clients(batch: Iterable[facts.Client]) -> clients_pb2.ImportClientsRequest:
    return clients_pb2.ImportClientsRequest(clients=map(client, batch))


def client(fact: facts.Client) -> clients_pb2.Client:
    return clients_pb2.Client(
        code=fact.code,
        title=fact.title,
        family_name=fact.family_name,
        members=[
            clients_pb2.Member(given_name=fact.given_name, phone=fact.phone, mobile=fact.mobile, email=fact.email)
        ],
        billing_address=clients_pb2.Address(
            lines=[fact.street],
            postcode=fact.postcode,
            city=fact.city,
            country=COUNTRY,
            email=fact.email,
        ),
        card=clients_pb2.LoyaltyCard(
            number=fact.card_number,
            type=CARD_TYPE,
            article_count=fact.articles,
            point_count=fact.points,
            visit_count=fact.visits,
            total=_money(fact.spent),
            gift_amount=_money(0),
        ),
        consents=_consents(fact),
    )


def _consents(fact: facts.Client) -> Sequence[clients_pb2.Consent]:
    if not fact.takes_tickets_by_email:
        return ()
    return [
        clients_pb2.Consent(
            option=CONSENT,
            granted=True,
            source=CONSENT_SOURCE,
            consent_time=Timestamp(seconds=int(fact.joined.timestamp())),
            text_version=CONSENT_TEXT,
        )
    ]


def _money(cents: int) -> Money:
    """Units and nanos have the same sign."""
    units, rest = divmod(abs(cents), 100)
    sign = -1 if cents < 0 else 1
    return Money(currency_code=facts.CURRENCY, units=sign * units, nanos=sign * rest * 10_000_000)


def _date(day: date) -> Date:
    return Date(year=day.year, month=day.month, day=day.day)
