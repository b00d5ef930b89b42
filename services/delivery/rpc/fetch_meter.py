"""What is measured of fetches: they run where calls are answered."""

from prometheus_client import CollectorRegistry, Counter


class FetchMeter:
    """Counts files by what became of them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._files = Counter(
            "backroom_delivery_fetched_files_total",
            "Files of fetches, by what became of them.",
            ["protocol", "result"],
            registry=registry,
        )

    def fetched(self, protocol: str, result: str) -> None:
        """One more: committed, kept, double, failed or not-cleared."""
        self._files.labels(protocol, result).inc()
