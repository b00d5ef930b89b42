"""Logs: one JSON object a line (or lines for people), with correlation and trace; other libraries' too."""

import logging
import logging.config
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from chassis import telemetry
from chassis.settings import ServiceSettings

#: Without the values of local variables, which may be secrets.
STACKS = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))


def start(service: str, process: str, settings: ServiceSettings, *, stream: TextIO | None = None) -> None:
    """Sets up the logs of this process, on stderr unless told otherwise. May be called again."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        _Names(service, process),
        _add_trace,
    ]
    rendered: list[Processor] = (
        [
            STACKS,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ]
        if settings.log_format == "json"
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for noisy in ("grpc", "urllib3", "paramiko", "opentelemetry"):  # they log each connection at INFO
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # what it logs it also raises, and the broker's rooms tell it
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # so that loggers made at import follow
    )


class _Names:
    """Says which process of which service wrote the line."""

    def __init__(self, service: str, process: str) -> None:
        self._service, self._process = service, process

    def __call__(self, logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        event["service"], event["process"] = self._service, self._process
        return event


def _add_trace(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    if trace_id := telemetry.trace_id():
        event["trace"] = trace_id
    return event
