"""Prometheus: the registry of a process, and the small HTTP server for `/metrics` and `/live`."""

import errno
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata

import structlog
from prometheus_client import REGISTRY, CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from chassis.addresses import Address, PortTaken

log = structlog.get_logger()


def new_registry(service: str, process: str) -> CollectorRegistry:
    """A registry that says which process this is: `backroom_process_info{service,process,version}`."""
    registry = CollectorRegistry()
    registry.register(REGISTRY)  # what modules count, the process and the platform
    info = Gauge(
        "backroom_process_info",
        "1; which process this is.",
        ["service", "process", "version"],
        registry=registry,
    )
    info.labels(service, process, metadata.version("backroom")).set(1)
    return registry


class MetricsServer:
    """Answers `/metrics` and `/live` from its own threads."""

    def __init__(self, listen: Address, live: Callable[[], bool], registry: CollectorRegistry) -> None:
        handler = type("Handler", (_Handler,), {"live": staticmethod(live), "registry": registry})
        try:
            self._server = _Server((listen.host, listen.port), handler)
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES):
                raise PortTaken(listen, "BACKROOM_METRICS_LISTEN") from error
            raise
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="metrics", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def stop(self) -> None:
        """Stops answering and frees the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def serve_http(listen: str, live: Callable[[], bool], registry: CollectorRegistry) -> MetricsServer:
    """Begins to answer on `host:port`. `live` False makes `/live` answer 503, and the process is replaced."""
    return MetricsServer(Address.parse(listen), live, registry)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


class _Handler(BaseHTTPRequestHandler):
    live: Callable[[], bool]
    registry: CollectorRegistry
    timeout = 10  # seconds that a silent caller may hold a thread

    def do_GET(self) -> None:
        """Answers the two paths."""
        match self.path.partition("?")[0]:
            case "/metrics":
                self._answer(HTTPStatus.OK, CONTENT_TYPE_LATEST, generate_latest(self.registry))
            case "/live":
                alive = self.live()
                status = HTTPStatus.OK if alive else HTTPStatus.SERVICE_UNAVAILABLE
                self._answer(status, "text/plain; charset=utf-8", b"live\n" if alive else b"not live\n")
            case _:
                self._answer(HTTPStatus.NOT_FOUND, "text/plain; charset=utf-8", b"/metrics or /live\n")

    def _answer(self, status: HTTPStatus, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """A scrape is no event."""
        log.debug("metrics asked", request=format % args)
