"""Messages as registers and warehouses send them, and what comes back."""

from collections.abc import Iterator
from typing import TypeVar

import grpc
import pytest
from google.longrunning import operations_pb2
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2
from google.type.date_pb2 import Date
from google.type.decimal_pb2 import Decimal
from google.type.money_pb2 import Money
from grpc_status import rpc_status

from backroom.sales.v1 import sales_pb2
from tests.sales.rpc.conftest import Desk

M = TypeVar("M", bound=Message)
DAY = Date(year=2017, month=1, day=2)
CATALOGUE = sales_pb2.ImportCatalogueRequest(
    stores=[
        sales_pb2.Store(
            code=code, display_name=f"Mag{code}", currency="EUR", legal_entity="SARL", voucher_prefix=f"00{code}"
        )
        for code in "12"
    ],
    suppliers=[sales_pb2.Supplier(code="S")],
    brands=[sales_pb2.Brand(code="B", suppliers=["S"])],
    models=[
        sales_pb2.Model(
            code="A",
            brand="B",
            family="F",
            subfamily="SF",
            collection="2017-T1",
            vat_rate=Decimal(value="5.5"),
            stocked=True,
            items=[sales_pb2.Item(code="A")],
        )
    ],
)


def one(message: M) -> Iterator[M]:
    """A stream of one message."""
    yield message


def euros(units: int, nanos: int = 0) -> Money:
    return Money(currency_code="EUR", units=units, nanos=nanos)


def ticket(number: int = 1, **line: object) -> sales_pb2.Ticket:
    told = {"item": "A", "label": "Pain", "quantity": Decimal(value="2"), "amount": euros(5)} | line
    return sales_pb2.Ticket(
        store="1",
        register=1,
        number=number,
        business_date=DAY,
        close_time=Timestamp(seconds=1483358400 + number),
        lines=[sales_pb2.TicketLine(vat_rate=Decimal(value="5.5"), **told)],  # type: ignore[arg-type]  # the test's shorthand
        payments=[sales_pb2.Payment(means="CB", amount=euros(5))],
        total=euros(5),
    )


def receipt(**told: object) -> sales_pb2.ImportStockRequest:
    fields = {
        "receipt_id": "R1",
        "store": "2",
        "item": "A",
        "quantity": Decimal(value="9"),
        "unit_cost": Decimal(value="1.25"),
        "business_date": DAY,
    } | told
    return sales_pb2.ImportStockRequest(receipts=[sales_pb2.StockReceipt(**fields)])  # type: ignore[arg-type]  # the test's shorthand


def refused(error: pytest.ExceptionInfo[grpc.RpcError]) -> list[str]:
    """The fields that an INVALID_ARGUMENT names."""
    status = rpc_status.from_call(error.value)  # type: ignore[arg-type]  # what a call raises is the call too
    assert status is not None
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    named = error_details_pb2.BadRequest()
    assert any(detail.Unpack(named) for detail in status.details)
    return [violation.field for violation in named.field_violations]


def finished(desk: Desk, operation: operations_pb2.Operation, answer: M) -> M:
    """The response of an operation that the worker has done."""
    desk.chain.drain()
    done = desk.operations.GetOperation(operations_pb2.GetOperationRequest(name=operation.name))
    assert done.done
    assert done.response.Unpack(answer), done.error
    return answer
