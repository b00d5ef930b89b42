"""A database of sales with a few stores."""

from collections.abc import Callable

import pytest

from chassis.database import Database
from tests.sales.recorded import record_stores


@pytest.fixture
def database(make_database: Callable[[str | None], Database]) -> Database:
    database = make_database("services.sales.storage.migrations")
    with database.begin() as connection:
        record_stores(connection, "10", "9", "330")
    return database
