"""Purchases, asked of a real server."""

from collections.abc import Iterator
from datetime import timedelta

import grpc
import pytest

from chassis.errors import RemoteRefused, Unavailable
from chassis.rpc.client import open_channel
from services.clients.gateways.sales import SalesPurchases
from tests.clients.conftest import READ, SalesPlace
from tests.clients.people import BOUGHT, purchases


@pytest.fixture
def gateway(sales: SalesPlace) -> Iterator[SalesPurchases]:
    channel = open_channel(sales.address, token=lambda: "clients")
    yield SalesPurchases(channel)
    channel.close()


def test_purchases_come_batch_by_batch_the_latest_first(gateway: SalesPurchases, sales: SalesPlace) -> None:
    sales.sales.tickets = {code: purchases("1", "2", "3") for code in ("a", "b", "c")}
    batches = list(gateway.latest(stores=["1", "3"], tickets_per_client=2, recorded_after=BOUGHT))
    assert [list(batch.purchases) for batch in batches] == [["a", "b"], ["c"]]
    assert {batch.read_time for batch in batches} == {READ}
    assert batches[0].purchases["a"] == [purchases("1", "2", "3")[2], purchases("1", "2", "3")[0]]
    assert sales.sales.asked[0].recorded_after.ToDatetime(BOUGHT.tzinfo) == BOUGHT


@pytest.mark.parametrize(
    ("code", "error"),
    [(grpc.StatusCode.UNAVAILABLE, Unavailable), (grpc.StatusCode.INVALID_ARGUMENT, RemoteRefused)],
)
def test_a_stream_that_breaks_raises_our_error_after_what_came(
    gateway: SalesPurchases, sales: SalesPlace, code: grpc.StatusCode, error: type[Exception]
) -> None:
    sales.sales.tickets = {str(number): purchases("1") for number in range(6)}
    sales.sales.before = lambda message, context: context.abort(code, "no") if message == 2 else None
    batches = gateway.latest(stores=[], tickets_per_client=10, recorded_after=None)
    assert [len(next(batches).purchases), len(next(batches).purchases)] == [2, 2]
    with pytest.raises(error, match="sales"):
        next(batches)


def test_a_service_that_is_not_there_is_unavailable(gateway: SalesPurchases, sales: SalesPlace) -> None:
    sales.server.stop(0).wait()
    with pytest.raises(Unavailable, match="sales does not answer now"):
        next(gateway.latest(stores=[], tickets_per_client=10, recorded_after=BOUGHT + timedelta(days=1)))
