"""Which store a client is linked to, and whose tickets are mailed where; see `expectation` for the rules."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from console.demo.facts import Client, Ticket
from tests.journeys.expectation_facts import VALIDATED

LATEST = 10  #: tickets that count


def linked_stores(tickets: Sequence[Ticket]) -> dict[str, str]:
    """Of every client who bought: the store of most of the last ten tickets; of several, the latest one's."""
    bought: dict[str, list[Ticket]] = defaultdict(list)
    for ticket in sorted(tickets, key=_closing, reverse=True):
        bought[ticket.client].append(ticket)
    linked = {}
    for client, latest in bought.items():
        stores = [ticket.store for ticket in latest[:LATEST]]
        counts = Counter(stores)
        linked[client] = next(store for store in stores if counts[store] == max(counts.values()))
    linked.pop("", None)
    return linked


def mailed(
    tickets: Sequence[Ticket], states: Mapping[str, str], clients: Sequence[Client], first: date, last: date, limit: int
) -> tuple[tuple[tuple[str, str], ...], dict[str, int]]:
    """Ticket and address of each mail, and why other tickets looked at were not mailed."""
    known = {client.code: client for client in clients}
    mails: list[tuple[str, str]] = []
    left: dict[str, int] = defaultdict(int)
    for ticket in sorted(tickets, key=_closing):
        if not first <= ticket.business_date <= last or states[ticket.name] != VALIDATED:
            continue
        client = known.get(ticket.client)
        if not ticket.client:
            left["walk_in"] += 1
        elif client is None or not client.takes_tickets_by_email:
            left["no_consent"] += 1
        elif not client.email:
            left["no_address"] += 1
        else:
            mails.append((ticket.name, client.email))
    return tuple(mails[:limit]), dict(left)


def _closing(ticket: Ticket) -> tuple[object, ...]:
    return ticket.close_time, ticket.number
