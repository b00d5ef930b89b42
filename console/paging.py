"""Lists are read page by page, up to a limit."""

from collections.abc import Callable
from typing import Annotated, Protocol, TypeVar

import typer
from google.protobuf.internal.containers import RepeatedCompositeFieldContainer
from google.protobuf.message import Message

LARGEST_PAGE = 1000

Filter = Annotated[
    str,
    typer.Option(
        "--filter", "-f", help="AIP-160: 'field = value AND …'; an unknown field is answered with the known ones."
    ),
]
OrderBy = Annotated[str, typer.Option("--order-by", help="A field, optionally with ' desc'.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=0, help="Most entries to show; 0 shows all.")]


class Listed(Protocol):
    """The answer of a list call."""

    next_page_token: str


R = TypeVar("R", bound=Listed)
M = TypeVar("M", bound=Message)


def collect(page: Callable[[int, str], R], items: Callable[[R], RepeatedCompositeFieldContainer[M]], limit: int) -> R:
    """The first answer with what follows it, up to the limit; `page` gets a size and a token. A token that is left says
    that there is more.
    """
    whole = page(min(limit or LARGEST_PAGE, LARGEST_PAGE), "")
    while whole.next_page_token and (not limit or len(items(whole)) < limit):
        wanted = min(limit - len(items(whole)), LARGEST_PAGE) if limit else LARGEST_PAGE
        more = page(wanted, whole.next_page_token)
        items(whole).extend(items(more))
        whole.next_page_token = more.next_page_token
    return whole
