"""A chain of three shops with a handful of models."""

from collections.abc import Callable

import pytest

from chassis.database import Database
from tests.sales.chain import Chain, model, store


@pytest.fixture
def chain(make_database: Callable[[str | None], Database]) -> Chain:
    chain = Chain(make_database("services.sales.storage.migrations"))
    chain.catalogue(
        stores=[store("1"), store("2"), store("3")],
        models=[model("A"), model("C"), model("FUEL", stocked=False)],
    )
    return chain
