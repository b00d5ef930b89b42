"""Corrections as storage does them: the days looked at, the lines in error on them, what became of those."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from services.sales.application.cards import Backdated, DayCard
from services.sales.domain.movements import LineKey
from services.sales.domain.posting import PendingLine, TriedLine
from services.sales.domain.states import DayState
from services.sales.storage.arrays import numbers, texts
from services.sales.storage.pending import COLUMNS, pending_line, with_records
from services.sales.storage.tables import correction_day, sales_day, store
from services.sales.storage.tickets import LOCK_STORES

FREEZE = sa.text(
    """
    INSERT INTO correction_day (operation_id, business_date, store_id, register, in_error)
    SELECT :operation, business_date, store_id, register, false FROM sales_day
    WHERE state IN ('open', 'in_error') AND store_id = ANY(CAST(:stores AS integer[]))
        AND register BETWEEN :first AND :last
    ON CONFLICT DO NOTHING
    """
)
MARK = sa.text(
    """
    UPDATE correction_day SET in_error = sales_day.state = 'in_error' FROM sales_day
    WHERE correction_day.operation_id = :operation
        AND (sales_day.business_date, sales_day.store_id, sales_day.register)
            = (correction_day.business_date, correction_day.store_id, correction_day.register)
    """
)
#: Lines in error on the days of the correction.
WRONG = """
    FROM correction_day JOIN ticket ON (ticket.store_id, ticket.business_date, ticket.register)
        = (correction_day.store_id, correction_day.business_date, correction_day.register)
        AND ticket.state = 'in_error'
    JOIN line_posting ON line_posting.ticket_id = ticket.id AND NOT line_posting.posted
    JOIN ticket_line ON (ticket_line.ticket_id, ticket_line.number) = (line_posting.ticket_id, line_posting.number)
    LEFT JOIN item ON item.code = ticket_line.item LEFT JOIN model ON model.id = item.model_id
    WHERE correction_day.operation_id = :operation"""
IN_TIME = " ORDER BY ticket.close_time, ticket.store_id, ticket.register, ticket.number, ticket_line.number"
MODELS = sa.text(
    f"SELECT item.model_id, count(*) {WRONG} AND item.id IS NOT NULL GROUP BY item.model_id ORDER BY item.model_id"
)
UNKNOWN = sa.text(f"SELECT {COLUMNS} {WRONG} AND item.id IS NULL {IN_TIME}")
REMAINING = sa.text(f"SELECT count(*) {WRONG}")
PENDING = sa.text(
    f"""
    SELECT {COLUMNS}, line_posting.ticket_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM correction_day WHERE operation_id = :operation AND store_id = ticket.store_id
            AND business_date = ticket.business_date AND register = ticket.register) AS chosen
    FROM ticket JOIN ticket_line ON ticket_line.ticket_id = ticket.id
    JOIN item ON item.code = ticket_line.item JOIN model ON model.id = item.model_id
    LEFT JOIN line_posting ON (line_posting.ticket_id, line_posting.number) = (ticket.id, ticket_line.number)
    WHERE ticket.state <> 'validated' AND line_posting.posted IS NOT TRUE
        AND item.model_id = ANY(CAST(:models AS integer[])) {IN_TIME}
    """  # noqa: S608 - COLUMNS and IN_TIME are ours
)
POST = sa.text(
    """
    UPDATE line_posting SET posted = true, problem = NULL, item_id = done.item_id, subfamily = :subfamily,
        operation_id = :operation
    FROM unnest(CAST(:tickets AS bigint[]), CAST(:lines AS integer[]), CAST(:items AS integer[]))
        AS done(ticket_id, number, item_id)
    WHERE (line_posting.ticket_id, line_posting.number) = (done.ticket_id, done.number)
    """
)
EXPLAIN = sa.text(
    """
    UPDATE line_posting SET problem = why.problem, item_id = why.item_id
    FROM unnest(CAST(:tickets AS bigint[]), CAST(:lines AS integer[]), CAST(:items AS integer[]),
        CAST(:problems AS text[])) AS why(ticket_id, number, item_id, problem)
    WHERE (line_posting.ticket_id, line_posting.number) = (why.ticket_id, why.number)
        AND (line_posting.problem, line_posting.item_id) IS DISTINCT FROM (why.problem, why.item_id)
    """
)
CODES = sa.text(
    """
    SELECT ticket_id, number, item, label FROM ticket_line
    JOIN unnest(CAST(:tickets AS bigint[]), CAST(:lines AS integer[])) AS wanted(ticket_id, number)
        USING (ticket_id, number)
    """
)
BACKDATED = sa.text(
    """
    SELECT store.code, store.display_name, min(correction_day.business_date) AS first,
        max(correction_day.business_date) AS last
    FROM correction_day JOIN store ON store.id = correction_day.store_id
    WHERE correction_day.operation_id = :operation AND correction_day.in_error
        AND EXISTS (SELECT 1 FROM voucher WHERE voucher.operation_id = :operation AND voucher.store_id = store.id)
    GROUP BY store.id HAVING min(correction_day.business_date) < max(correction_day.business_date)
    """
)
PROGRESS = sa.text(
    """
    SELECT count(*) FILTER (WHERE state IN ('up_to_date', 'closed')) AS done, count(*) AS total
    FROM correction_day JOIN sales_day USING (business_date, store_id, register) WHERE operation_id = :operation
    """
)
CLOSE = sa.text(
    """
    UPDATE sales_day SET state = 'closed'
    WHERE state = 'up_to_date' AND store_id = ANY(CAST(:stores AS integer[]))
        AND register BETWEEN :first AND :last AND business_date < :before
    """
)


class CorrectionRepository:
    """A correction's days and lines, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def freeze_days(self, operation: UUID, stores: Sequence[int], first: int, last: int) -> None:
        values = {"operation": operation, "stores": numbers(stores), "first": first, "last": last}
        self._connection.execute(FREEZE, values)

    def mark_errors(self, operation: UUID) -> None:
        self._connection.execute(MARK, {"operation": operation})

    def first_days(self, operation: UUID) -> Mapping[int, date]:
        query = (
            sa.select(correction_day.c.store_id, sa.func.min(correction_day.c.business_date))
            .where(correction_day.c.operation_id == operation, correction_day.c.in_error)
            .group_by(correction_day.c.store_id)
        )
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def pending_models(self, operation: UUID) -> Mapping[int, int]:
        return {row[0]: row[1] for row in self._connection.execute(MODELS, {"operation": operation})}

    def pending(self, operation: UUID, models: Sequence[int]) -> tuple[Sequence[PendingLine], Sequence[PendingLine]]:
        chosen: list[PendingLine] = []
        others: list[PendingLine] = []
        for row in self._connection.execute(PENDING, {"operation": operation, "models": numbers(models)}).all():
            (chosen if row.chosen else others).append(pending_line(row))
        return with_records(self._connection, chosen), others

    def unknown(self, operation: UUID) -> Sequence[PendingLine]:
        return [pending_line(row) for row in self._connection.execute(UNKNOWN, {"operation": operation})]

    def post(self, operation: UUID, lines: Iterable[TriedLine], subfamily: str | None = None) -> None:
        done = list(lines)
        if done:
            self._connection.execute(POST, {"operation": operation, "subfamily": subfamily, **_keys(done)})

    def explain(self, lines: Iterable[TriedLine]) -> None:
        wrong = list(lines)
        if wrong:
            problems = [each.problem.value for each in wrong if each.problem is not None]
            self._connection.execute(EXPLAIN, {"problems": texts(problems), **_keys(wrong)})

    def line_codes(self, lines: Iterable[LineKey]) -> Mapping[LineKey, tuple[str, str]]:
        wanted = list(lines)
        values = {"tickets": numbers([key.ticket for key in wanted]), "lines": numbers([key.number for key in wanted])}
        rows = self._connection.execute(CODES, values)
        return {LineKey(ticket, number): (code, label) for ticket, number, code, label in rows}

    def remaining(self, operation: UUID) -> int:
        return int(self._connection.execute(REMAINING, {"operation": operation}).scalar_one())

    def backdated(self, operation: UUID) -> Sequence[Backdated]:
        rows = self._connection.execute(BACKDATED, {"operation": operation})
        found = [Backdated(store=row.code, store_name=row.display_name, first=row.first, last=row.last) for row in rows]
        return sorted(found, key=lambda each: (int(each.store), each.store))

    def progress(self, operation: UUID) -> tuple[int, int]:
        done, total = self._connection.execute(PROGRESS, {"operation": operation}).one()
        return done, total

    def close_days(self, stores: Sequence[int], first: int, last: int, before: date) -> int:
        values = {"stores": numbers(stores), "first": first, "last": last, "before": before}
        self._connection.execute(LOCK_STORES, {"stores": values["stores"]})
        return self._connection.execute(CLOSE, values).rowcount

    def days(self, operation: UUID) -> Sequence[DayCard]:
        query = (
            sa.select(sales_day, store.c.code, store.c.display_name)
            .join(
                correction_day,
                sa.and_(
                    correction_day.c.business_date == sales_day.c.business_date,
                    correction_day.c.store_id == sales_day.c.store_id,
                    correction_day.c.register == sales_day.c.register,
                ),
            )
            .join(store, store.c.id == sales_day.c.store_id)
            .where(correction_day.c.operation_id == operation)
        )
        cards = [
            DayCard(
                business_date=row.business_date,
                store=row.code,
                store_name=row.display_name,
                register=row.register,
                state=DayState(row.state),
                ticket_count=row.ticket_count,
                error_count=row.error_count,
            )
            for row in self._connection.execute(query)
        ]
        return sorted(cards, key=lambda day: (day.business_date, int(day.store), day.store, day.register))


def _keys(lines: Sequence[TriedLine]) -> dict[str, str]:
    return {
        "tickets": numbers([each.line.key.ticket for each in lines]),
        "lines": numbers([each.line.key.number for each in lines]),
        "items": numbers([each.line.item for each in lines]),
    }
