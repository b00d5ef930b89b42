"""The list fields of a request (`filter`, `order_by`, `page_size`, `page_token`) as a query."""

import hashlib

from google.protobuf.message import Message

from chassis.errors import FieldProblem, InvalidInput
from chassis.filters import parse_filter
from chassis.listing import ListQuery, parse_order

DEFAULT_PAGE_SIZE = 100
MAX_PAGE_SIZE = 1000


def parse_listing(
    request: Message, *, default_page_size: int = DEFAULT_PAGE_SIZE, max_page_size: int = MAX_PAGE_SIZE
) -> ListQuery:
    """Reads a list request. A size of 0 is the default, one above the maximum is the maximum (AIP-158)."""
    size = int(_field(request, "page_size") or 0)
    if size < 0:
        raise InvalidInput(FieldProblem("page_size", f"{size} is negative; leave it out for {default_page_size}"))
    return ListQuery(
        filter=parse_filter(_field(request, "filter")),
        order_by=parse_order(_field(request, "order_by")),
        page_size=min(size or default_page_size, max_page_size),
        page_token=_field(request, "page_token"),
        binding=_binding(request),
    )


def _field(request: Message, name: str) -> str:
    return str(getattr(request, name)) if name in request.DESCRIPTOR.fields_by_name else ""


def _binding(request: Message) -> str:
    """The fields that choose what is listed; filter and order are bound in their own right."""
    rest = type(request)()
    rest.CopyFrom(request)
    for name in ("page_size", "page_token", "filter", "order_by"):
        if name in request.DESCRIPTOR.fields_by_name:
            rest.ClearField(name)
    content = rest.SerializeToString(deterministic=True)
    return hashlib.sha256(content).hexdigest() if content else ""
