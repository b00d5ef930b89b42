"""Which store a client is linked to, from where the client bought last ("magasin des 10 derniers achats")."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

TICKETS_THAT_COUNT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A ticket of a client."""

    store: str
    close_time: datetime  #: when the register closed it
    ticket: str  #: its name, tells tickets of one instant apart


def favourite_store(purchases: Sequence[Purchase]) -> str | None:
    """The most frequent store of the last ten tickets; of several, the latest one's. None without tickets."""
    latest_first = sorted(purchases, key=lambda each: (each.close_time, each.ticket), reverse=True)
    stores = [purchase.store for purchase in latest_first[:TICKETS_THAT_COUNT]]
    if not stores:
        return None
    tickets = Counter(stores)
    most = max(tickets.values())
    return next(store for store in stores if tickets[store] == most)


def plan_linked_stores(purchases: Mapping[str, Sequence[Purchase]]) -> dict[str, str]:
    """The store each client belongs to, by client; clients without tickets are left out."""
    return {client: store for client, tickets in purchases.items() if (store := favourite_store(tickets)) is not None}
