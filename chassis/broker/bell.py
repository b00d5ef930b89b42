"""Ringing and hearing: a bell names a lane, and whoever hears it drains that lane.

A message also says when it was rung, so that bells which piled up are passed over once the lane was found empty.
"""

import time
from collections.abc import Callable, Mapping
from time import monotonic

import dramatiq
import structlog

from chassis.broker.port import UNRUNG, BellBroker, BrokerAway
from chassis.operations.kinds import Kind

QUIET = 5.0  #: seconds without ringing after the broker could not be reached

log = structlog.get_logger(__name__)


class BrokerBell:
    """Rings the workers of one service."""

    def __init__(self, broker: BellBroker, service: str, threads: int) -> None:
        self.broker = broker
        self._threads = threads
        self._quiet_until = 0.0
        self.queue = f"backroom.{service}"
        self.kinds: Mapping[str, Kind] = {}  #: filled once the service is wired
        broker.declare_queue(self.queue)

    def lane_of(self, kind: str) -> str:
        """Where operations of this kind queue."""
        return self.kinds[kind].lane

    def ring(self, lane: str, operations: int = 1) -> None:
        """One message per operation, at most one per worker thread. What cannot be rung now, the relay rings."""
        if monotonic() < self._quiet_until:
            return
        try:
            for _ in range(min(operations, self._threads)):
                self.broker.enqueue(
                    dramatiq.Message(
                        queue_name=self.queue, actor_name="drain", args=(lane, time.time()), kwargs={}, options={}
                    )
                )
        except BrokerAway as fault:
            UNRUNG.inc()
            self._quiet_until = monotonic() + QUIET
            log.warning("the broker could not be rung; the relay will", lane=lane, fault=type(fault.fault).__name__)

    def close(self) -> None:
        """Says goodbye to the broker."""
        self.broker.close()


class BellHearer:
    """Worker threads of this process that drain a lane whenever its bell rings."""

    def __init__(self, broker: BellBroker, queue: str, drain: Callable[[str, float], None], threads: int) -> None:
        dramatiq.actor(broker=broker, actor_name="drain", queue_name=queue)(drain)
        broker.emit_after("process_boot")
        self._worker = dramatiq.Worker(broker, queues={queue}, worker_timeout=broker.poll, worker_threads=threads)
        self._worker.queue_prefetch = threads  # a bell that no thread here is free for waits where others hear it

    def start(self) -> None:
        """Listens from now on; a broker that is down is waited for."""
        self._worker.start()

    def stop(self, seconds: float) -> None:
        """Hears no more; drains under way get so many seconds to end."""
        self._worker.stop(timeout=int(seconds * 1000))
