"""The demo's chain: the real data set, and what it lacks supplied by rule.

Rules are deterministic (h is CRC-32 of the key's text), so everybody's night is the same night. Stamps are
UTC; a slice is whole calendar days, while a ticket closed before 05:00 belongs to the business day before.
What the rules leave open is settled so:

- costs, collections and voucher prefixes come from the whole year, so that they don't depend on the slice;
- demand is the slice's, of real sales alone;
- what comes back the next day belongs to the slice of its basket, and may be dated the day after the slice;
- fuel and the like, and lines of zero quantity, never come back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from console.demo.catalogue import build_catalogue
from console.demo.clients import build_clients
from console.demo.facts import Catalogue, Client, Receipt, Ticket
from console.demo.source import Slice, Source, read_source
from console.demo.stock import opening_stock
from console.demo.tickets import build_tickets


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a slice holds of the real data, before anything is supplied."""

    lines: int
    tickets: int
    stores: int
    store_days: int  #: by calendar date
    unknown_code_lines: int
    zero_quantity_lines: int


class DataSet:
    """A slice of the chain, ready to be loaded or computed from."""

    def __init__(self, chosen: Slice | None = None, source: Source | None = None) -> None:
        self.slice = chosen or Slice()
        self.source = source or read_source()

    @cached_property
    def sales(self) -> pl.DataFrame:
        """Real sale lines of the slice with what is known of their products, in the registers' order."""
        stamps = pl.lit(self.slice.first_day), pl.lit(self.slice.end_day)
        lines = self.source.sales.filter(pl.col("stamp") >= stamps[0], pl.col("stamp") < stamps[1])
        if self.slice.stores is not None:
            lines = lines.filter(pl.col("store").is_in(list(self.slice.stores)))
        return lines.join(self.source.products, on="product", how="left", maintain_order="left")

    @cached_property
    def figures(self) -> Figures:
        return Figures(
            lines=self.sales.height,
            tickets=self.sales["basket"].n_unique(),
            stores=self.sales["store"].n_unique(),
            store_days=self.sales.select("store", pl.col("stamp").dt.date()).n_unique(),
            unknown_code_lines=self.sales["department"].null_count(),
            zero_quantity_lines=int((self.sales["quantity"] == 0).sum()),
        )

    def catalogue(self) -> Catalogue:
        """Stores that sell in the slice, and every product of the chain."""
        return build_catalogue(self.source, self.sales["store"].unique().to_list(), self.source.products)

    def receipts(self) -> Iterator[Receipt]:
        yield from opening_stock(self.source, self.slice, self.sales)

    def tickets(self) -> Iterator[Ticket]:
        return build_tickets(self.source, self.sales)

    def clients(self) -> Iterator[Client]:
        yield from build_clients(self.source, self.slice)
