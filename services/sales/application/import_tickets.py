"""Import of tickets: recorded as the register closed them, and their posting queued in the same transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.errors import FieldProblem, InvalidInput
from chassis.operations.model import NewOperation
from services.sales.application.cards import StoreCard
from services.sales.application.ports import Work
from services.sales.domain.errors import DayClosed
from services.sales.domain.tickets import NewTicket

POST_TICKETS = "sales.post-tickets"  #: kind of operation
PROBLEMS = 100  #: named in one answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What an import of tickets did."""

    recorded: int = 0
    repeated: int = 0
    lines: int = 0
    posting: UUID | None = None  #: operation that posts what was recorded


def import_tickets(work: Work, tickets: Sequence[NewTicket], caller: str) -> Recorded:
    """Records one message.

    Raises `InvalidInput` naming each field that cannot be recorded, `DayClosed` where a new ticket's day takes nothing
    more.
    """
    stores = work.catalogue.stores_by_code({ticket.store for ticket in tickets})
    _check(tickets, stores)
    work.tickets.lock_stores(store.id for store in stores.values())
    new = _new(work, tickets, stores)
    if not new:
        return Recorded(repeated=len(tickets))
    closed = work.tickets.closed_days((ticket.business_date, store, ticket.register) for store, ticket, _ in new)
    for store, ticket, _ in new:
        if (ticket.business_date, store, ticket.register) in closed:
            raise DayClosed(str(ticket.name), ticket.business_date, ticket.store, ticket.register)
    work.tickets.record(new)
    return Recorded(
        recorded=len(new),
        repeated=len(tickets) - len(new),
        lines=sum(len(ticket.lines) for _, ticket, _ in new),
        posting=work.operations.queued(POST_TICKETS)
        or work.operations.add(NewOperation(kind=POST_TICKETS, caller=caller)),
    )


def _check(tickets: Sequence[NewTicket], stores: Mapping[str, StoreCard]) -> None:
    problems = []
    for index, ticket in enumerate(tickets):
        store = stores.get(ticket.store)
        if store is None:
            said = f"no store has the code {ticket.store}; import it first"
            problems.append(FieldProblem(f"tickets[{index}].store", said))
        elif ticket.currency != store.currency:
            said = f"store {ticket.store} sells in {store.currency}, not in {ticket.currency}"
            problems.append(FieldProblem(f"tickets[{index}].total.currency_code", said))
    if problems:
        raise InvalidInput(*problems[:PROBLEMS])


def _new(
    work: Work, tickets: Sequence[NewTicket], stores: Mapping[str, StoreCard]
) -> list[tuple[int, NewTicket, bytes]]:
    """Those not recorded yet, with their stores' ids and hashes. The same name with another content is refused."""
    keys = [(stores[ticket.store].id, ticket.register, ticket.number) for ticket in tickets]
    known = dict(work.tickets.recorded(keys))
    new, problems = [], []
    for index, (key, ticket) in enumerate(zip(keys, tickets, strict=True)):
        digest = ticket.content_hash
        before = known.get(key)
        if before is None:
            known[key] = digest
            new.append((key[0], ticket, digest))
        elif before != digest:
            said = f"{ticket.name} was recorded with another content; a recorded ticket never changes"
            problems.append(FieldProblem(f"tickets[{index}].number", said))
    if problems:
        raise InvalidInput(*problems[:PROBLEMS])
    return new
