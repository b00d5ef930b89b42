"""Clients of the chain: every household, with the card it had before the slice."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import polars as pl

from console.demo.facts import Client
from console.demo.names import FAMILY_NAMES, GIVEN_NAMES, MOBILE_RANGE, PHONE_RANGE, STREETS, TITLES, TOWNS
from console.demo.source import Slice, Source, stable_hash

FIRST_JOINED = datetime(2016, 1, 1, 9, tzinfo=UTC)  #: households joined over the year that follows


def build_clients(source: Source, chosen: Slice) -> Iterable[Client]:
    """Every household of the data set, in the order of its number."""
    stocked = source.products.select("product", "stocked")
    before = (
        source.sales.filter(pl.col("stamp") < pl.lit(chosen.first_day))
        .join(stocked, on="product", how="left")
        .group_by("household")
        .agg(
            visits=pl.col("basket").n_unique(),
            articles=pl.col("quantity").filter("stocked").sum(),
            spent=pl.col("amount").sum(),
        )
    )
    households = source.sales.select(pl.col("household").unique().sort())
    counters = households.join(before, on="household", how="left", maintain_order="left").fill_null(0)
    for household, visits, articles, spent in counters.iter_rows():
        yield _client(household, visits=visits, articles=articles, spent=spent)


def _client(household: int, *, visits: int, articles: int, spent: int) -> Client:
    h = stable_hash(household)
    postcode, city = TOWNS[h % len(TOWNS)]
    last_digits = f"{household // 100 % 100:02} {household % 100:02}"
    wrong = h % 32 == 0
    return Client(
        code=str(household),
        title=TITLES[h % len(TITLES)],
        family_name=FAMILY_NAMES[h % len(FAMILY_NAMES)],
        given_name=GIVEN_NAMES[h % len(GIVEN_NAMES)],
        phone=f"{PHONE_RANGE} {last_digits}",
        mobile=f"{MOBILE_RANGE} {last_digits[:2]} AB" if wrong else f"{MOBILE_RANGE} {last_digits}",
        email=f"household-{household}@example.test",
        street=f"{1 + h % 99} {STREETS[h % len(STREETS)]}",
        postcode=postcode,
        city=city,
        card_number=f"2990{household:09}",
        visits=visits,
        articles=articles,
        spent=spent,
        points=spent // 100,
        takes_tickets_by_email=h % 3 == 0,
        joined=FIRST_JOINED + timedelta(days=h % 365),
    )
