"""A small chain of shops on a real database: facts go in through the use cases, operations run in a real worker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from chassis.database import Database
from chassis.operations import Kind, NewOperation, OperatingMode, Operation, TaskContext
from chassis.operations.worker import Worker
from chassis.texts import Texts
from chassis.work import Fence
from services.sales.application.correct_sales import CorrectSales
from services.sales.application.correction_options import CorrectionOptions
from services.sales.application.import_catalogue import Imported, import_catalogue
from services.sales.application.import_stock import Received, import_stock
from services.sales.application.import_tickets import Recorded, import_tickets
from services.sales.application.post_tickets import PostTickets
from services.sales.application.process_defectives import ProcessDefectives
from services.sales.domain.catalogue import (
    BrandFacts,
    CatalogueBatch,
    ComponentFacts,
    ItemFacts,
    ModelFacts,
    StoreFacts,
    SupplierFacts,
)
from services.sales.domain.states import DefectivesPolicy
from services.sales.domain.tickets import NewLine, NewPayment, NewReceipt, NewTicket
from services.sales.storage.work import SalesWork
from services.sales.workers.sales import LONG, sales_kinds
from tests.conftest import SilentBell

DAY = date(2017, 1, 2)
NOON = datetime(2017, 1, 2, 12, tzinfo=UTC)
_numbers = count(1)


def store(code: str, *, entity: str = "SARL", currency: str = "EUR") -> StoreFacts:
    """A store named after its code."""
    return StoreFacts(
        code=code,
        display_name=f"Mag{code}",
        currency=currency,
        legal_entity=entity,
        voucher_prefix=f"{int(code):03d}",
    )


def model(
    code: str,
    *,
    brand: str = "B",
    collection: str = "2017-T1",
    stocked: bool = True,
    parts: Mapping[str, int] | None = None,
) -> ModelFacts:
    """A model with one item of the same code."""
    return ModelFacts(
        code=code,
        display_name=f"Model {code}",
        brand=brand,
        family="F",
        subfamily="S",
        collection=collection,
        vat_rate=Decimal(20),
        stocked=stocked,
        items=(ItemFacts(code=code, colour="", size=""),),
        components=tuple(ComponentFacts(item=item, quantity=Decimal(units)) for item, units in (parts or {}).items()),
    )


def line(item: str, quantity: float = 1, *, of: str = "", defective: bool = False) -> NewLine:
    """A line; `of` names the ticket that a return brings back."""
    units = Decimal(str(quantity))
    return NewLine(
        item=item,
        label=f"Label {item}",
        quantity=units,
        amount=units * 3,
        discount=Decimal(0),
        vat_rate=Decimal(20),
        returned_ticket=of,
        defective=defective,
    )


def ticket(
    shop: str, *lines: NewLine, day: date = DAY, minute: int = 0, register: int = 1, number: int | None = None
) -> NewTicket:
    """A ticket, so many minutes after noon of its day."""
    return NewTicket(
        store=shop,
        register=register,
        number=number or next(_numbers),
        business_date=day,
        close_time=datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(minutes=minute),
        client="",
        cashier="Anne",
        lines=lines,
        payments=(NewPayment(means="CB", amount=sum((each.amount for each in lines), Decimal(0))),),
        total=sum((each.amount for each in lines), Decimal(0)),
        currency="EUR",
        signature="",
    )


class Crash(Exception):
    """The process dies here."""


@dataclass
class Chain:
    """The shops, their database and the one worker."""

    database: Database
    since: datetime | None = datetime(2017, 1, 1, tzinfo=UTC)
    lines: int = 2_000  #: in a chunk of a correction
    stores: int = 20  #: in a chunk of posting
    bell: SilentBell = field(default_factory=SilentBell)
    crash_at: int | None = None  #: this many transactions from now, at its end

    def __post_init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Puts the kinds together; again after a size of chunks was changed."""
        texts = Texts.of("services.sales")
        kinds = sales_kinds(
            PostTickets(self.open_work, self.stores),
            CorrectSales(self.open_work, texts, lines=self.lines, stores=self.stores),
            ProcessDefectives(self.open_work, texts),
        )
        self.kinds: dict[str, Kind] = {kind.name: kind for kind in kinds}
        self.bell.kinds = self.kinds

    def open_work(self, fence: Fence | None = None) -> SalesWork:
        if self.crash_at is not None and fence is not None:
            self.crash_at -= 1
            if self.crash_at == 0:
                return DyingWork(self.database, self.bell, fence, defectives_since=self.since)
        return SalesWork(self.database, self.bell, fence, defectives_since=self.since)

    def catalogue(
        self,
        *,
        stores: Sequence[StoreFacts] = (),
        models: Sequence[ModelFacts] = (),
        policy: DefectivesPolicy = DefectivesPolicy.ADJUSTMENT,
    ) -> Imported:
        """Stores and models of the brand B, which has one supplier, S."""
        batch = CatalogueBatch(
            stores=tuple(stores),
            suppliers=(SupplierFacts(code="S", display_name="Supplier", defectives_policy=policy),),
            brands=(BrandFacts(code="B", display_name="Brand", suppliers=("S",)),),
            models=tuple(models),
        )
        with self.open_work() as work:
            return import_catalogue(work, batch)

    def receive(self, *rows: tuple[str, str, float], cost: str = "2.00", day: date = DAY) -> Received:
        """Goods: (store, item, units)."""
        receipts = [
            NewReceipt(
                receipt_id=f"{shop}/{item}/{day}/{index}/{cost}/{units}",
                store=shop,
                item=item,
                quantity=Decimal(str(units)),
                unit_cost=Decimal(cost),
                business_date=day,
            )
            for index, (shop, item, units) in enumerate(rows)
        ]
        with self.open_work() as work:
            return import_stock(work, receipts)

    def record(self, *tickets: NewTicket) -> Recorded:
        with self.open_work() as work:
            return import_tickets(work, tickets, "register")

    def run(self, kind: str, request: Mapping[str, Any] | None = None, context: TaskContext | None = None) -> Operation:
        """Adds an operation and works until nothing is left to do."""
        with self.open_work() as work:
            identifier = work.operations.add(NewOperation(kind=kind, request=request or {}, context=context))
        self.drain()
        return self.get(identifier)

    def post(self) -> None:
        """Does what imports have queued."""
        self.drain()

    def practise(self, kind: str) -> Operation:
        """As a task of a site in training mode, started by hand."""
        context = TaskContext(
            attempt=uuid4(),
            run="runs/4",
            task="tasks/2",
            task_title="La nuit",
            mode=OperatingMode.TRAINING,
            owner="marie",
            nominal_time=datetime(2017, 1, 31, 22, 30, tzinfo=UTC),
        )
        return self.run(kind, context=context)

    def correct(self, **options: Any) -> Operation:
        return self.run("sales.correct-sales", CorrectionOptions(**options).model_dump(mode="json"))

    def drain(self) -> None:
        worker = Worker(self.database, self.bell, id=uuid4(), kinds=self.kinds.values(), lanes=[LONG], threads=1)
        worker.drain(LONG.name)

    def forget_work(self) -> None:
        """As if what imports have queued had not come to its turn yet."""
        with self.database.begin() as connection:
            connection.execute(sa.text("DELETE FROM operation"))

    def retry_now(self) -> None:
        """Lets what broke be tried at once."""
        with self.database.begin() as connection:
            connection.execute(sa.text("UPDATE operation SET ready = true, next_attempt_time = now()"))

    def get(self, identifier: UUID) -> Operation:
        with self.open_work() as work:
            return work.operations.get(identifier)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.database.begin() as connection:
            return [tuple(row) for row in connection.execute(sa.text(sql))]

    def stock(self) -> dict[tuple[str, str], Decimal]:
        """(store, item) → units, where there are any."""
        rows = self.query(
            "SELECT store.code, item.code, quantity FROM stock_level JOIN store ON store.id = store_id"
            " JOIN item ON item.id = item_id WHERE quantity > 0"
        )
        return {(shop, item): units for shop, item, units in rows}

    def problems(self) -> dict[int, str | None]:
        """Number of a ticket → problem of its first line in error; None where it is validated."""
        rows = self.query(
            "SELECT ticket.number, min(problem), state FROM ticket LEFT JOIN line_posting ON ticket_id = ticket.id"
            " AND NOT posted GROUP BY ticket.id"
        )
        return {number: problem if state == "in_error" else None for number, problem, state in rows}

    def vouchers(self) -> list[tuple[Any, ...]]:
        """(number, type, store, donor, units, date), receipts left out."""
        return self.query(
            "SELECT prefix || '-' || to_char(voucher.number, 'FM000000'), type, store.code, donor.code, quantity,"
            " business_date FROM voucher JOIN store ON store.id = store_id"
            " LEFT JOIN store AS donor ON donor.id = donor_store_id WHERE type <> 'REC' ORDER BY voucher.id"
        )

    def days(self) -> dict[tuple[str, str, int], str]:
        """(day, store, register) → state."""
        rows = self.query(
            "SELECT business_date, store.code, register, state FROM sales_day JOIN store ON store.id = store_id"
        )
        return {(day.isoformat(), shop, register): state for day, shop, register, state in rows}

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every table that a night changes, without what names an operation or an instant."""
        queries = {
            "stock": "SELECT store_id, item_id, quantity FROM stock_level WHERE quantity <> 0",
            "cost": "SELECT legal_entity_id, model_id, quantity, value, cost FROM model_cost",
            "movements": "SELECT moved.store_id, item_id, moved.quantity, moved.value, unit_cost, moved.business_date,"
            " ticket_id, ticket_line, prefix, number, voucher_line FROM stock_movement AS moved LEFT JOIN voucher"
            " ON voucher.id = voucher_id",
            "vouchers": "SELECT prefix, number, type, store_id, donor_store_id, collection, business_date, quantity,"
            " value, line_count FROM voucher",
            "postings": "SELECT ticket_id, number, item_id, posted, problem, subfamily FROM line_posting",
            "tickets": "SELECT id, state FROM ticket",
            "days": "SELECT business_date, store_id, register, state, ticket_count, error_count FROM sales_day",
            "journal": "SELECT journal, text FROM journal_entry WHERE journal <> 'technical'",
        }
        return {name: sorted(self.query(sql), key=repr) for name, sql in queries.items()}


class DyingWork(SalesWork):
    """A transaction whose process dies just before its commit."""

    def __exit__(self, *failure: Any) -> None:
        crash = Crash("the process died")
        super().__exit__(Crash, crash, None)
        raise crash
