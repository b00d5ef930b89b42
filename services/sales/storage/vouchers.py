"""Vouchers: numbered without gaps, stored with their lines and movements, in a few statements."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from chassis.database import copy_rows
from services.sales.application.cards import MadeVoucher, RecordedReceipt, VoucherCard
from services.sales.domain.names import VoucherName
from services.sales.domain.states import VoucherType
from services.sales.domain.vouchers import VoucherDraft, VoucherKey, VoucherLine
from services.sales.storage.arrays import numbers, texts
from services.sales.storage.tables import store, supplier, voucher

EARLIER = sa.text(
    """
    SELECT id, prefix, number, type, store_id, donor_store_id, supplier_id, collection, business_date, line_count
    FROM voucher WHERE operation_id = :operation FOR UPDATE
    """
)
PREFIXES = sa.text(
    """
    SELECT store.id, voucher_prefix, currency FROM store JOIN legal_entity ON legal_entity.id = legal_entity_id
    WHERE store.id = ANY(CAST(:stores AS integer[]))
    """
)
LOCK_PREFIXES = sa.text(
    "SELECT prefix, last_number FROM voucher_prefix WHERE prefix = ANY(CAST(:prefixes AS text[]))"
    " ORDER BY prefix FOR NO KEY UPDATE"
)
TAKE_NUMBERS = sa.text(
    """
    UPDATE voucher_prefix SET last_number = taken.last_number
    FROM unnest(CAST(:prefixes AS text[]), CAST(:numbers AS integer[])) AS taken(prefix, last_number)
    WHERE voucher_prefix.prefix = taken.prefix
    """
)
IDS = sa.text("SELECT nextval(pg_get_serial_sequence('voucher', 'id')) FROM generate_series(1, :count)")
ADD_LINES = sa.text(
    """
    UPDATE voucher SET quantity = voucher.quantity + added.quantity, value = voucher.value + added.value,
        line_count = voucher.line_count + added.lines
    FROM unnest(CAST(:ids AS bigint[]), CAST(:quantities AS numeric[]), CAST(:values AS numeric[]),
        CAST(:lines AS integer[])) AS added(id, quantity, value, lines)
    WHERE voucher.id = added.id
    """
)
RECEIPTS = sa.text(
    """
    SELECT receipt_id, store.code AS store, item.code AS item, voucher_line.quantity, unit_cost, business_date
    FROM voucher_line JOIN voucher ON voucher.id = voucher_id JOIN store ON store.id = store_id
    JOIN item ON item.id = item_id
    WHERE receipt_id = ANY(CAST(:ids AS text[]))
    """
)
VOUCHER = (
    *("id", "prefix", "number", "type", "store_id", "donor_store_id", "supplier_id", "collection"),
    *("business_date", "quantity", "value", "currency", "line_count", "operation_id"),
)
LINE = ("voucher_id", "number", "item_id", "quantity", "unit_cost", "value", "receipt_id")
MOVEMENT = (
    *("store_id", "item_id", "quantity", "value", "unit_cost", "business_date"),
    *("voucher_id", "voucher_line"),
)


class VoucherRepository:
    """Vouchers, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def make(self, drafts: Sequence[VoucherDraft], operation: UUID | None) -> Sequence[MadeVoucher]:
        if not drafts:
            return []
        earlier = self._earlier(operation)
        stores = {
            row.id: (row.voucher_prefix, row.currency)
            for row in self._connection.execute(PREFIXES, {"stores": numbers({each.key.store for each in drafts})})
        }
        new = [draft for draft in drafts if draft.key not in earlier]
        names = self._number([stores[draft.key.store][0] for draft in new])
        ids = list(self._connection.execute(IDS, {"count": len(new)}).scalars())
        fresh = {draft.key: (identifier, name, 0) for draft, identifier, name in zip(new, ids, names, strict=True)}
        made = [(draft, *(fresh.get(draft.key) or earlier[draft.key])) for draft in drafts]
        copy_rows(
            self._connection,
            "voucher",
            VOUCHER,
            [
                _voucher_row(draft, identifier, name, stores[draft.key.store][1], operation)
                for draft, identifier, name, _ in made
                if draft.key in fresh
            ],
        )
        self._add([(draft, identifier) for draft, identifier, _, _ in made if draft.key not in fresh])
        numbered = [
            (draft, identifier, number, line)
            for draft, identifier, _, before in made
            for number, line in enumerate(draft.lines, before + 1)
        ]
        copy_rows(
            self._connection,
            "voucher_line",
            LINE,
            (
                (identifier, number, line.item, line.quantity, line.cost, line.value, line.receipt_id)
                for _, identifier, number, line in numbered
            ),
        )
        copy_rows(self._connection, "stock_movement", MOVEMENT, _movements(numbered))
        return [
            MadeVoucher(name=name, draft=draft, id=identifier, new=draft.key in fresh)
            for draft, identifier, name, _ in made
        ]

    def receipts(self, ids: Iterable[str]) -> Mapping[str, RecordedReceipt]:
        rows = self._connection.execute(RECEIPTS, {"ids": texts(ids)})
        return {
            row.receipt_id: RecordedReceipt(
                store=row.store,
                item=row.item,
                quantity=row.quantity,
                unit_cost=row.unit_cost,
                business_date=row.business_date,
            )
            for row in rows
        }

    def of_operation(self, operation: UUID) -> Sequence[VoucherCard]:
        donor = store.alias("donor")
        query = (
            sa.select(
                voucher,
                store.c.code.label("store"),
                donor.c.code.label("donor"),
                supplier.c.code.label("supplier"),
            )
            .join(store, store.c.id == voucher.c.store_id)
            .outerjoin(donor, donor.c.id == voucher.c.donor_store_id)
            .outerjoin(supplier, supplier.c.id == voucher.c.supplier_id)
            .where(voucher.c.operation_id == operation)
            .order_by(voucher.c.prefix, voucher.c.number)
        )
        return [_card(row) for row in self._connection.execute(query)]

    def _earlier(self, operation: UUID | None) -> dict[VoucherKey, tuple[int, VoucherName, int]]:
        """Vouchers of earlier chunks: key → id, name, lines."""
        if operation is None:
            return {}
        return {
            VoucherKey(
                type=VoucherType(row.type),
                store=row.store_id,
                donor=row.donor_store_id,
                supplier=row.supplier_id,
                collection=row.collection,
                on=row.business_date,
            ): (row.id, VoucherName(prefix=row.prefix, number=row.number), row.line_count)
            for row in self._connection.execute(EARLIER, {"operation": operation})
        }

    def _number(self, prefixes: Sequence[str]) -> list[VoucherName]:
        """The next number of each prefix, in the order given; the rows stay locked until the commit."""
        rows = self._connection.execute(LOCK_PREFIXES, {"prefixes": texts(set(prefixes))})
        last: dict[str, int] = {row.prefix: row.last_number for row in rows}
        names = []
        for prefix in prefixes:
            last[prefix] += 1
            names.append(VoucherName(prefix=prefix, number=last[prefix]))
        self._connection.execute(TAKE_NUMBERS, {"prefixes": texts(last), "numbers": numbers(last.values())})
        return names

    def _add(self, added: Sequence[tuple[VoucherDraft, int]]) -> None:
        if added:
            self._connection.execute(
                ADD_LINES,
                {
                    "ids": numbers([identifier for _, identifier in added]),
                    "quantities": numbers([sum(line.quantity for line in draft.lines) for draft, _ in added]),
                    "values": numbers([sum(line.value for line in draft.lines) for draft, _ in added]),
                    "lines": numbers([len(draft.lines) for draft, _ in added]),
                },
            )


def _voucher_row(
    draft: VoucherDraft, identifier: int, name: VoucherName, currency: str, operation: UUID | None
) -> tuple[object, ...]:
    key = draft.key
    return (
        *(identifier, name.prefix, name.number, key.type.value, key.store, key.donor, key.supplier, key.collection),
        key.on,
        sum(line.quantity for line in draft.lines),
        sum(line.value for line in draft.lines),
        *(currency, len(draft.lines), operation),
    )


def _movements(numbered: Sequence[tuple[VoucherDraft, int, int, VoucherLine]]) -> Iterator[tuple[object, ...]]:
    """A transfer's line moves two stores, any other line one."""
    for draft, identifier, number, line in numbered:
        key = draft.key
        if key.donor is not None:
            yield key.donor, line.item, -line.quantity, -line.value, line.cost, key.on, identifier, number
        yield key.store, line.item, line.quantity, line.value, line.cost, key.on, identifier, number


def _card(row: sa.Row[*tuple[Any, ...]]) -> VoucherCard:
    return VoucherCard(
        name=VoucherName(prefix=row.prefix, number=row.number),
        type=VoucherType(row.type),
        store=row.store,
        donor=row.donor or "",
        supplier=row.supplier or "",
        collection=row.collection,
        business_date=row.business_date,
        quantity=row.quantity,
        value=row.value,
        currency=row.currency,
        line_count=row.line_count,
        create_time=row.create_time,
    )
