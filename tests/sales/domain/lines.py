"""Pending lines for tests of plans."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from services.sales.domain.movements import LineKey, StoreItem
from services.sales.domain.posting import PendingLine

DAY = date(2017, 1, 2)
STORES = (1, 2, 3)
ITEMS = (1, 2)


def pending(
    number: int, store: int, item: int | None, quantity: int, *, returnable: int = 0, stocked: bool = True
) -> PendingLine:
    """The one line of a ticket; tickets are numbered in the order of time."""
    return PendingLine(
        key=LineKey(number, 1),
        store=store,
        item=item,
        model=item,
        stocked=stocked,
        quantity=Decimal(quantity),
        business_date=DAY,
        returnable=Decimal(returnable),
    )


@dataclass(frozen=True)
class Night:
    """Lines in the order of time, and what the stores hold."""

    lines: tuple[PendingLine, ...]
    stock: dict[StoreItem, Decimal]


@st.composite
def nights(draw: st.DrawFn, returns: bool = True) -> Night:
    """Small nights: three stores, two items, quantities that run out."""
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(STORES),
                st.sampled_from((*ITEMS, None)),
                st.integers(-2 if returns else 0, 4),
                st.integers(0, 3),
                st.sampled_from((True, True, True, False)),
            ),
            max_size=14,
        )
    )
    stock = draw(
        st.dictionaries(
            st.sampled_from([StoreItem(store, item) for store in STORES for item in ITEMS]),
            st.integers(0, 6).map(Decimal),
        )
    )
    lines = tuple(
        pending(number, store, item, quantity, returnable=returnable, stocked=stocked)
        for number, (store, item, quantity, returnable, stocked) in enumerate(rows, 1)
    )
    return Night(lines, stock)
