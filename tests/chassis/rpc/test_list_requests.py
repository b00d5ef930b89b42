"""What a list request asks for, read once for every service."""

import pytest

from backroom.journal.v1 import journal_pb2 as pb
from chassis.errors import InvalidInput
from chassis.rpc.listing import parse_listing


def test_a_list_request_is_read_with_its_bounds() -> None:
    query = parse_listing(pb.ListEntriesRequest(filter="number > 5", order_by="number desc"), default_page_size=10)
    assert (query.page_size, str(query.filter), [str(each) for each in query.order_by]) == (
        10,
        "number > 5",
        ["number desc"],
    )
    assert parse_listing(pb.ListEntriesRequest(page_size=5000), max_page_size=1000).page_size == 1000
    with pytest.raises(InvalidInput, match="page_size: -1 is negative"):
        parse_listing(pb.ListEntriesRequest(page_size=-1))


def test_other_fields_of_the_request_are_bound_to_the_token_too() -> None:
    def binding(request: pb.TailEntriesRequest) -> str:
        return parse_listing(request).binding

    assert binding(pb.TailEntriesRequest(filter="number > 1")) == ""
    assert binding(pb.TailEntriesRequest(after_number=1)) != binding(pb.TailEntriesRequest(after_number=2))
