"""Admission: refuses at once what a full server could only let wait, and says when to come again."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from google.rpc import error_details_pb2
from grpc import StatusCode
from prometheus_client import CollectorRegistry, Counter

from chassis.rpc.layers import Incoming
from chassis.rpc.status import DOMAIN, PUSHBACK_KEY, Ending, make_status, retry_info

PUSHBACK = (0.1, 0.5)  #: seconds; spread, so that the refused don't come back together


class Admission:
    """Lets N calls in at once. The first layer of all, so that a refusal costs next to nothing."""

    def __init__(self, limit: int, registry: CollectorRegistry) -> None:
        self._limit = limit
        self._places = threading.Semaphore(limit)
        self._refused = Counter(
            "backroom_rpc_refused", "Calls refused because too many were running.", registry=registry
        )

    @contextmanager
    def around(self, incoming: Incoming) -> Iterator[None]:
        """See Layer."""
        if not self._places.acquire(blocking=False):
            self._refused.inc()
            incoming.context.abort_with_status(self._refusal())
        try:
            yield
        finally:
            self._places.release()

    def _refusal(self) -> Ending:
        delay = timedelta(seconds=random.uniform(*PUSHBACK))  # noqa: S311 - spreads load, guards nothing
        return Ending(
            make_status(
                StatusCode.UNAVAILABLE,
                f"{self._limit} calls are running already; try again in a moment",
                error_details_pb2.ErrorInfo(reason="TOO_MANY_CALLS", domain=DOMAIN),
                retry_info(delay),
            ),
            (PUSHBACK_KEY, str(round(delay / timedelta(milliseconds=1)))),
        )
