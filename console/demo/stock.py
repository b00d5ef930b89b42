"""Opening stock of a slice: what its stores sell, with shortages that transfers mostly, not wholly, cover."""

from collections.abc import Iterable
from datetime import timedelta

import polars as pl

from console.demo.facts import Receipt
from console.demo.source import Slice, Source, hashes

COST_OF_PRICE = 0.65  #: part of the median price that a unit costs


def opening_stock(source: Source, chosen: Slice, sales: pl.DataFrame) -> Iterable[Receipt]:
    """Receipts of the day before the slice, for its sale lines `sales` (with `stocked`)."""
    day = chosen.first_day - timedelta(days=1)
    costed = opening_units(sales).join(unit_costs(source), on="product").sort("store", "product")
    for store, product, units, cost in costed.select("store", "product", "units", "cost").iter_rows():
        yield Receipt(
            # Units differ from slice to slice: where one is loaded after another, what more it needs comes in too.
            receipt_id=f"{day:%Y%m%d}-{store}-{product}-{units}",
            store=str(store),
            item=str(product),
            quantity=units,
            unit_cost=cost,
            business_date=day,
        )


def opening_units(sales: pl.DataFrame) -> pl.DataFrame:
    """Store, product, units > 0.

    Units are the demand, or half of it (rounded down) where h(store-product) is a multiple of 16. The store
    with the largest demand for a product (of equals the first) holds 80 % of the chain's shortage of it on
    top, to the nearest unit.
    """
    demand = (
        sales.filter("stocked")
        .group_by("store", "product")
        .agg(demand=pl.col("quantity").sum())
        .sort("store", "product")
    )
    keys = (f"{store}-{product}" for store, product in demand.select("store", "product").iter_rows())
    halved = demand.with_columns(
        own=pl.when(hashes(keys) % 16 == 0).then(pl.col("demand") // 2).otherwise(pl.col("demand"))
    )
    shortage = (pl.col("demand") - pl.col("own")).sum().over("product")
    largest = pl.col("demand").arg_max().over("product") == pl.int_range(pl.len()).over("product")
    return halved.select(
        "store", "product", units=pl.col("own") + pl.when(largest).then((shortage * 8 + 5) // 10).otherwise(0)
    ).filter(pl.col("units") > 0)


def unit_costs(source: Source) -> pl.DataFrame:
    """Product, cost in ten-thousandths of a euro: 65 % of the median price over the whole data set."""
    return (
        source.sales.filter(pl.col("quantity") > 0)
        .group_by("product")
        .agg(price=(pl.col("amount") / pl.col("quantity")).median())
        .select("product", cost=(pl.col("price") * 100 * COST_OF_PRICE).round(0).cast(pl.Int64))
    )
