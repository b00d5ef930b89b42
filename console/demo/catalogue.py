"""Catalogue of a slice: its stores, and every product of the chain with its brands and suppliers."""

from collections.abc import Iterable
from itertools import pairwise

import polars as pl

from console.demo.facts import Brand, Catalogue, DefectivesPolicy, Model, Store, Supplier
from console.demo.source import Source, stable_hash

FOOD = frozenset(
    {
        "CHEF SHOPPE",
        "DELI",
        "FROZEN GROCERY",
        "GROCERY",
        "MEAT",
        "MEAT-PCKGD",
        "NUTRITION",
        "PASTRY",
        "PRODUCE",
        "RESTAURANT",
        "SALAD BAR",
        "SEAFOOD",
        "SEAFOOD-PCKGD",
    }
)
FOOD_RATE, OTHER_RATE = "5.5", "20"  #: VAT in percent
NOT_YET_SOLD = "2018-T1"  #: collection of what was never sold in 2017: its first sale is still to come


def vat_rate(department: str | None) -> str:
    """Percent; of an unknown code, whose department is unknown, the general rate."""
    return FOOD_RATE if department in FOOD else OTHER_RATE


def label(kind: str, size: str | None) -> str:
    """What the register prints for a product."""
    return f"{kind} {size}" if size else kind


def voucher_prefixes(source: Source) -> dict[int, str]:
    """Each store's rank among all of the chain, three digits or more."""
    stores = source.sales["store"].unique().sort().to_list()
    return {store: f"{rank:03}" for rank, store in enumerate(stores, start=1)}


def build_catalogue(source: Source, stores: Iterable[int], products: pl.DataFrame) -> Catalogue:
    """Catalogue of these stores and these of the source's products."""
    prefixes = voucher_prefixes(source)
    brands = tuple(_brands(source, products))
    return Catalogue(
        stores=tuple(
            Store(code=str(store), display_name=f"Magasin {store}", voucher_prefix=prefixes[store])
            for store in sorted(stores)
        ),
        suppliers=tuple(_suppliers(brands)),
        brands=brands,
        models=tuple(_models(source, products)),
    )


def _brands(source: Source, products: pl.DataFrame) -> Iterable[Brand]:
    """A brand in ten also belongs to the next manufacturer of the chain; the last one's next is the first."""
    manufacturers = source.products["manufacturer"].unique().sort().to_list()
    following = dict(pairwise([*manufacturers, manufacturers[0]]))
    pairs = products.select("manufacturer", "label_brand").unique().sort("manufacturer", "label_brand")
    for manufacturer, kind in pairs.iter_rows():
        code = f"{manufacturer}-{kind}"
        several = stable_hash(code) % 10 == 0
        yield Brand(
            code=code,
            display_name=f"{kind} {manufacturer}",
            suppliers=(str(manufacturer), str(following[manufacturer])) if several else (str(manufacturer),),
        )


def _suppliers(brands: Iterable[Brand]) -> Iterable[Supplier]:
    for manufacturer in sorted({int(code) for brand in brands for code in brand.suppliers}):
        yield Supplier(
            code=str(manufacturer),
            display_name=f"Fournisseur {manufacturer}",
            policy=DefectivesPolicy(manufacturer % 3),
        )


def _models(source: Source, products: pl.DataFrame) -> Iterable[Model]:
    first_sales = source.sales.group_by("product").agg(
        collection=pl.format("{}-T{}", pl.col("stamp").min().dt.year(), pl.col("stamp").min().dt.quarter())
    )
    columns = (
        products.join(first_sales, on="product", how="left", maintain_order="left")
        .with_columns(pl.col("collection").fill_null(NOT_YET_SOLD))
        .select(
            "product",
            "manufacturer",
            "department",
            "label_brand",
            "category",
            "kind",
            "size",
            "collection",
            "stocked",
        )
    )
    for (
        product,
        manufacturer,
        department,
        brand,
        category,
        kind,
        size,
        collection,
        stocked,
    ) in columns.iter_rows():
        yield Model(
            code=str(product),
            display_name=label(kind, size),
            brand=f"{manufacturer}-{brand}",
            family=department,
            subfamily=category,
            collection=collection,
            vat_rate=vat_rate(department),
            stocked=stocked,
        )
