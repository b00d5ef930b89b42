"""Counters of clients for Prometheus."""

from prometheus_client import CollectorRegistry, Counter

from services.clients.domain.client import ImportCount


class PrometheusMeter:
    """Counts into the registry of the process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._imported = Counter(
            "backroom_clients_imported",
            "Clients imported, by what became of them.",
            ["outcome"],
            registry=registry,
        )
        self._examined = Counter(
            "backroom_clients_purchases_examined",
            "Clients whose last purchases were looked at.",
            registry=registry,
        )
        self._linked = Counter(
            "backroom_clients_stores_linked",
            "Clients linked to another store by their last purchases.",
            registry=registry,
        )

    def imported(self, count: ImportCount) -> None:
        """Clients were imported."""
        self._imported.labels("created").inc(count.created)
        self._imported.labels("changed").inc(count.changed)
        self._imported.labels("unchanged").inc(count.unchanged)

    def examined(self, clients: int, linked: int) -> None:
        """Purchases of so many clients were looked at, and so many of these were linked to another store."""
        self._examined.inc(clients)
        self._linked.inc(linked)
