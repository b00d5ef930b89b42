"""Tickets of a slice: each basket, and the day after what clients bring back."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge

import polars as pl

from console.demo.catalogue import label, vat_rate
from console.demo.facts import Line, Ticket
from console.demo.names import CASHIERS
from console.demo.source import DAY_CUT, Source, hashes, stable_hash

REGISTERS = 3
RETURN_REGISTER = 1
# Return tickets are numbered above every basket of the data set (eleven digits), so no number meets another.
RETURN_NUMBERS = 10**12
MEANS = ("CB", "ESPECES", "CHEQUE")


def build_tickets(source: Source, sales: pl.DataFrame) -> Iterator[Ticket]:
    """Tickets of these sale lines (joined with the products), in the order they were closed."""
    returns = sorted(_Returns(source).of(sales), key=_closing)
    return merge(_baskets(sales), returns, key=_closing)


def _closing(ticket: Ticket) -> tuple[datetime, int]:
    return ticket.close_time, ticket.number


def register_of(basket: int) -> int:
    return 1 + basket % REGISTERS


def _baskets(sales: pl.DataFrame) -> Iterator[Ticket]:
    lines: list[Line] = []
    columns = sales.sort("stamp", "basket", "row").select(
        "household", "store", "basket", "product", "quantity", "amount", "discount", "stamp",
        "department", pl.coalesce("kind", pl.format("ARTICLE {}", "product")), "size",
    )  # fmt: skip
    codes = {product: str(product) for product in sales["product"].unique()}
    rows = columns.iter_rows()
    row = next(rows, None)
    while row is not None:
        household, store, basket, product, quantity, amount, discount, stamp, department, kind, size = row
        lines.append(
            Line(
                item=codes[product],
                label=label(kind, size),
                quantity=quantity,
                amount=amount,
                discount=discount,
                vat_rate=vat_rate(department),
            )
        )
        row = next(rows, None)
        if row is None or row[2] != basket:
            yield _ticket(store, register_of(basket), basket, stamp, household, lines, basket)
            lines = []


def _ticket(
    store: int,
    register: int,
    number: int,
    stamp: datetime,
    household: int,
    lines: Iterable[Line],
    basket: int,
) -> Ticket:
    return Ticket(
        store=str(store),
        register=register,
        number=number,
        business_date=(stamp - DAY_CUT).date(),
        close_time=stamp.replace(tzinfo=UTC),
        client=str(household),
        cashier=CASHIERS[stable_hash(f"{store}-{register}") % len(CASHIERS)],
        means=MEANS[stable_hash(basket) % len(MEANS)],
        lines=tuple(lines),
    )


@dataclass(frozen=True, slots=True)
class _FirstLine:
    """First line of a basket, which may come back."""

    household: int
    store: int
    basket: int
    product: int
    quantity: int
    amount: int
    stamp: datetime
    department: str | None
    kind: str
    size: str | None
    h: int

    @property
    def sold_on(self) -> str:
        return f"tickets/{self.store}-{register_of(self.basket)}-{self.basket}"


class _Returns:
    """What comes back: a basket's first line, the next day, same store, register 1. Fuel never does."""

    def __init__(self, source: Source) -> None:
        self._source = source
        sold = source.sales["product"].unique()
        self._offered = source.products.filter("stocked", pl.col("product").is_in(sold.implode())).sort("product")

    def of(self, sales: pl.DataFrame) -> Iterator[Ticket]:
        first = sales.sort("row").group_by("basket", maintain_order=True).first()
        first = first.with_columns(hashes(first["basket"])).filter(
            pl.col("quantity") > 0, pl.col("stocked").fill_null(True)
        )
        rules: tuple[tuple[int, int, Callable[[_FirstLine], Line]], ...] = (
            (50, 0, self._return),
            (400, 1, self._return_without_sale),
            (200, 2, self._defective_return),
        )
        for modulus, remainder, line in rules:
            chosen = first.filter(pl.col("h") % modulus == remainder).select(
                "household", "store", "basket", "product", "quantity", "amount", "stamp", "department",
                pl.coalesce("kind", pl.format("ARTICLE {}", "product")), "size", "h",
            )  # fmt: skip
            for row in chosen.iter_rows():
                sold = _FirstLine(*row)
                stamp = sold.stamp + timedelta(days=1)
                number = RETURN_NUMBERS + sold.basket
                yield _ticket(sold.store, RETURN_REGISTER, number, stamp, sold.household, [line(sold)], sold.basket)

    def _return(self, sold: _FirstLine, *, defective: bool = False) -> Line:
        return Line(
            item=str(sold.product),
            label=label(sold.kind, sold.size),
            quantity=-sold.quantity,
            amount=-sold.amount,
            discount=0,
            vat_rate=vat_rate(sold.department),
            returned_ticket=sold.sold_on,
            defective=defective,
        )

    def _defective_return(self, sold: _FirstLine) -> Line:
        return self._return(sold, defective=True)

    def _return_without_sale(self, sold: _FirstLine) -> Line:
        """Of a product that the store never sold in 2017: the first such one from the chain's h-th on."""
        of_store = self._source.sales.filter(pl.col("store") == sold.store)["product"].unique()
        never_sold = self._offered.filter(~pl.col("product").is_in(of_store.implode()))
        start = self._offered["product"][sold.h % self._offered.height]
        after = never_sold.filter(pl.col("product") >= start)
        row = (after if after.height else never_sold).row(0, named=True)
        return Line(
            item=str(row["product"]),
            label=label(row["kind"], row["size"]),
            quantity=-sold.quantity,
            amount=-sold.amount,
            discount=0,
            vat_rate=vat_rate(row["department"]),
        )
