"""A collector of traces on loopback: takes OTLP over HTTP and keeps every span."""

import gzip
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True, slots=True)
class Span:
    """What a test wants to know of a span."""

    name: str
    service: str
    id: str
    parent: str  #: empty for a root


class Collector:
    """Listens from `start` to `stop`."""

    def __init__(self) -> None:
        self._spans: dict[str, list[Span]] = defaultdict(list)
        self._lock = threading.Lock()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.take(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="collector", daemon=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def take(self, request: ExportTraceServiceRequest) -> None:
        """Keeps what one export brought."""
        with self._lock:
            for resource in request.resource_spans:
                service = next(
                    (each.value.string_value for each in resource.resource.attributes if each.key == "service.name"), ""
                )
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        kept = Span(span.name, service, span.span_id.hex(), span.parent_span_id.hex())
                        self._spans[span.trace_id.hex()].append(kept)

    def traces(self) -> Mapping[str, list[Span]]:
        """Spans by trace."""
        with self._lock:
            return {trace: list(spans) for trace, spans in self._spans.items()}
