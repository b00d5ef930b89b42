"""Callers that stay connected and leave unread what is sent to them: gRPC itself would wait for ever."""

import threading
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import TypeVar

import grpc

from chassis.rpc.hearing import LOOK_AGAIN

T = TypeVar("T")


def read_in_time(parts: Iterable[T], patience: timedelta, context: grpc.ServicerContext) -> Iterator[T]:
    """The parts, each until it is sent. The call ends where its caller takes nothing for so long."""
    ended = threading.Event()
    sent_at: float | None = None

    def watch() -> None:
        while not ended.wait(LOOK_AGAIN):
            since = sent_at
            if since is not None and time.monotonic() - since > patience.total_seconds():
                give_up(context, f"nothing of what was sent was read for {patience}; call again")
                return

    threading.Thread(target=watch, name="unread", daemon=True).start()
    try:
        for part in parts:
            sent_at = time.monotonic()
            yield part
            sent_at = None
    finally:
        ended.set()


def give_up(context: grpc.ServicerContext, why: str) -> None:
    """Ends a call from another thread than its own, which gRPC lets do nothing while it sends."""
    context.set_code(grpc.StatusCode.DEADLINE_EXCEEDED)  # for our own log and metrics
    # The public `cancel` takes no code: the caller would hear CANCELLED, as if it had ended the call itself.
    core = context._rpc_event.call  # type: ignore[attr-defined]  # private, and held by a test
    core.cancel(grpc.StatusCode.DEADLINE_EXCEEDED.value[0], why)
