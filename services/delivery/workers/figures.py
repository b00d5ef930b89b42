"""What delivery measures."""

from collections.abc import Callable, Iterator

import structlog
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chassis.errors import Unavailable
from services.delivery.application.spool_ports import Figures
from services.delivery.domain.spool import FileState

log = structlog.get_logger(__name__)

IN_SPOOL = tuple(state for state in FileState if state not in {FileState.DELIVERED, FileState.DISCARDED})


class FileMeter:
    """Counts files by what became of them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._files = Counter(
            "backroom_delivery_files_total",
            "Tries to send a file, by result.",
            ["protocol", "result", "reason"],
            registry=registry,
        )

    def sent(self, protocol: str) -> None:
        """A file has arrived."""
        self._files.labels(protocol, "sent", "").inc()

    def failed(self, protocol: str, reason: str, files: int = 1) -> None:
        """Files could not be sent."""
        self._files.labels(protocol, "failed", reason).inc(files)


class SpoolCollector(Collector):
    """The spool in numbers, looked up when somebody asks."""

    def __init__(self, figures: Callable[[], Figures]) -> None:
        self._figures = figures

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """The series, without asking the database."""
        yield GaugeMetricFamily("backroom_delivery_spool_files", "Files of the spool.", labels=["state"])
        yield GaugeMetricFamily(
            "backroom_delivery_oldest_file_seconds",
            "Seconds since the oldest unsent file that may leave was sealed; 0 without one.",
        )

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """One look. While the database is away there is nothing to see, and the other series are told all the same."""
        try:
            figures = self._figures()
        except Unavailable as away:
            log.warning("the spool could not be counted", reason=str(away))
            return
        files, oldest = self.describe()
        for state in IN_SPOOL:
            files.add_metric([state.value.lower()], figures.files.get(state.value, 0))
        oldest.add_metric([], figures.oldest_seconds)
        yield files
        yield oldest
