"""Puts recorded facts straight into the tables, for tests of what only reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count

import sqlalchemy as sa

from chassis.database import Database
from services.sales.domain.states import DayState, LineProblem, TicketState, VoucherType
from services.sales.storage import tables

DAY = date(2017, 1, 2)
NOON = datetime(2017, 1, 2, 12, tzinfo=UTC)

_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineFact:
    """A line, and what became of it (None: not tried yet)."""

    item: str = "A1"
    label: str = "Pain"
    quantity: str = "1"
    amount: str = "2.50"
    discount: str = "0"
    vat_rate: str = "5.5"
    returned_ticket: str = ""
    defective: bool = False
    became: bool | LineProblem | None = True  #: posted, or why not


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFact:
    """A ticket."""

    store: str = "1"
    register: int = 1
    number: int = field(default_factory=lambda: next(_numbers))
    business_date: date = DAY
    close_time: datetime = NOON
    client: str = ""
    state: TicketState = TicketState.VALIDATED
    record_time: datetime | None = None
    lines: Sequence[LineFact] = (LineFact(),)
    payments: Sequence[tuple[str, str]] = ()

    @property
    def name(self) -> str:
        return f"tickets/{self.store}-{self.register}-{self.number}"


def record_stores(connection: sa.Connection, *codes: str) -> None:
    entity = connection.execute(
        sa.insert(tables.legal_entity).values(code="SARL", currency="EUR").returning(tables.legal_entity.c.id)
    ).scalar_one()
    connection.execute(
        sa.insert(tables.store),
        [
            {
                "code": code,
                "display_name": f"Mag{code}",
                "legal_entity_id": entity,
                "voucher_prefix": f"{code:0>3}",
            }
            for code in codes
        ],
    )


def record(database: Database, *tickets: TicketFact) -> None:
    """In one transaction."""
    with database.begin() as connection:
        for ticket in tickets:
            record_ticket(connection, ticket)


def record_ticket(connection: sa.Connection, ticket: TicketFact) -> None:
    ticket_id = connection.execute(
        sa.insert(tables.ticket)
        .values(
            store_id=_store_id(ticket.store),
            register=ticket.register,
            number=ticket.number,
            business_date=ticket.business_date,
            close_time=ticket.close_time,
            client=ticket.client,
            cashier="Irène Colin",
            total=sum(Decimal(line.amount) for line in ticket.lines),
            currency="EUR",
            signature="s1gné",
            line_count=len(ticket.lines),
            content_hash=b"",
            state=ticket.state,
            record_time=ticket.record_time or sa.func.now(),
        )
        .returning(tables.ticket.c.id)
    ).scalar_one()
    for number, line in enumerate(ticket.lines, start=1):
        connection.execute(
            sa.insert(tables.ticket_line).values(
                ticket_id=ticket_id,
                number=number,
                item=line.item,
                label=line.label,
                quantity=line.quantity,
                amount=line.amount,
                discount=line.discount,
                vat_rate=line.vat_rate,
                returned_ticket=line.returned_ticket,
                defective=line.defective,
            )
        )
        if line.became is not None:
            problem = None if line.became is True else line.became
            connection.execute(
                sa.insert(tables.line_posting).values(
                    ticket_id=ticket_id, number=number, posted=problem is None, problem=problem
                )
            )
    for number, (means, amount) in enumerate(ticket.payments, start=1):
        connection.execute(
            sa.insert(tables.payment).values(ticket_id=ticket_id, number=number, means=means, amount=amount)
        )


def record_day(
    connection: sa.Connection, day: date, store: str, register: int, state: DayState, errors: int = 0
) -> None:
    connection.execute(
        sa.insert(tables.sales_day).values(
            business_date=day,
            store_id=_store_id(store),
            register=register,
            state=state,
            ticket_count=errors + 1,
            error_count=errors,
        )
    )


def record_voucher(
    connection: sa.Connection, number: int, kind: VoucherType, create_time: datetime, donor: str | None = None
) -> None:
    connection.execute(
        sa.insert(tables.voucher).values(
            prefix="001",
            number=number,
            type=kind,
            store_id=_store_id("1"),
            donor_store_id=_store_id(donor) if donor else None,
            collection="2017-T1",
            business_date=DAY,
            quantity="3",
            value="4.1250",
            currency="EUR",
            line_count=2,
            create_time=create_time,
        )
    )


def _store_id(code: str) -> sa.ScalarSelect[int]:
    return sa.select(tables.store.c.id).where(tables.store.c.code == code).scalar_subquery()
