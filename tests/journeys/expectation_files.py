"""The rows of the sales export; see `expectation` for the rules."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from console.demo.facts import Ticket
from tests.journeys.expectation_facts import NOT_SOLD, POSTED, SHORT, UNKNOWN_CODE, LineName

HEADER = (
    *("Date", "Magasin", "Caisse", "Débit", "Heure", "Client", "Article", "Libellé"),
    *("Quantité", "Montant TTC", "Remise", "Taux de TVA", "Mise à jour"),
)
WORDS = {
    POSTED: "à jour",
    UNKNOWN_CODE: "code inconnu",
    SHORT: "stock insuffisant",
    NOT_SOLD: "retour sans vente",
}


def exported(
    tickets: Sequence[Ticket], lines: Mapping[LineName, str], first: date, last: date
) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Rows of each store that sold on these days: by day, register, time, number, line."""
    rows: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for ticket in sorted(tickets, key=_order):
        if not first <= ticket.business_date <= last:
            continue
        for number, line in enumerate(ticket.lines, 1):
            rows[ticket.store].append(
                (
                    ticket.business_date.isoformat(),
                    ticket.store,
                    str(ticket.register),
                    str(ticket.number),
                    ticket.close_time.strftime("%H:%M:%S"),
                    ticket.client,
                    line.item,
                    line.label,
                    str(line.quantity),
                    _euros(line.amount),
                    _euros(line.discount),
                    line.vat_rate,
                    WORDS[lines[LineName(ticket.name, number)]],
                )
            )
    return {store: tuple(sold) for store, sold in rows.items()}


def _order(ticket: Ticket) -> tuple[object, ...]:
    return int(ticket.store), ticket.business_date, ticket.register, ticket.close_time, ticket.number


def _euros(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"
