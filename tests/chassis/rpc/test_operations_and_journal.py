"""Operations and the journal, as people read them of every service."""

import threading
from uuid import uuid4

import grpc
import pytest
import sqlalchemy as sa
from google.longrunning import operations_pb2
from google.protobuf.struct_pb2 import Struct

from backroom.journal.v1 import journal_pb2
from chassis.operations import NewOperation
from tests.chassis.rpc.shop import Shop


def test_people_wait_for_an_operation_and_read_its_response(shop: Shop) -> None:
    with shop.work() as work:
        identifier = work.operations.add(NewOperation(kind="shop.greet"))
    threading.Timer(0.2, shop.drain).start()
    request = operations_pb2.WaitOperationRequest(name=f"operations/{identifier}")
    request.timeout.FromSeconds(10)
    operation = shop.operations.WaitOperation(request, timeout=20)
    shown = Struct()
    assert operation.done
    assert operation.response.Unpack(shown)
    assert shown["greeted"] == 1
    listed = shop.operations.ListOperations(operations_pb2.ListOperationsRequest(page_size=5), timeout=10)
    assert [one.name for one in listed.operations] == [f"operations/{identifier}"]


def test_an_unknown_operation_is_not_found(shop: Shop) -> None:
    with pytest.raises(grpc.RpcError) as unknown:
        shop.operations.GetOperation(operations_pb2.GetOperationRequest(name=f"operations/{uuid4()}"), timeout=10)
    assert unknown.value.code() is grpc.StatusCode.NOT_FOUND


def test_the_journal_is_read_by_page_and_by_filter(shop: Shop) -> None:
    with shop.work() as work:
        for number in range(5):
            work.journal.write(f"entry {number}", source="test", correlation="runs/7", user="anne")
        work.journal.write("elsewhere", source="other")
    request = journal_pb2.ListEntriesRequest(page_size=3, filter='correlation = "runs/7"')
    first = shop.journal.ListEntries(request, timeout=10)
    request.page_token = first.next_page_token
    second = shop.journal.ListEntries(request, timeout=10)
    texts = [one.text for one in [*first.entries, *second.entries]]
    assert texts == [f"entry {number}" for number in reversed(range(5))]
    assert first.entries[0].user == "anne"


def test_a_tail_misses_nothing_that_commits_late(shop: Shop) -> None:
    with shop.work() as work:
        work.journal.write("before", source="test")
    stream = shop.journal.TailEntries(journal_pb2.TailEntriesRequest(after_number=1), timeout=20)
    late = shop.work()
    with late:
        late.connection.execute(sa.text("SELECT pg_current_xact_id()"))
        with shop.work() as early:
            early.journal.write("numbered first", source="test")
        late.journal.write("committed last", source="test")
    assert {next(stream).text, next(stream).text} == {"numbered first", "committed last"}
    stream.cancel()
