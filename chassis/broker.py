"""The broker: Dramatiq on Redis. It carries bells, no data: a message names a lane, and losing it loses no work.

A message also says when it was rung, so that bells which piled up are passed over once the lane was found empty.
"""

import time
from collections.abc import Callable, Mapping
from time import monotonic

import dramatiq
import redis
import structlog
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import BrokerConnectionError
from prometheus_client import Counter
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from chassis.operations.kinds import Kind

QUIET = 5.0  #: seconds without ringing after the broker could not be reached
PATIENCE = 1.0  #: seconds that a commit waits for a broker that does not answer
POLL = 50  #: milliseconds between looks of an idle worker: 21 ms median latency at 3 % of a core

log = structlog.get_logger(__name__)
UNRUNG = Counter("backroom_bells_lost_total", "Bells the broker could not take; the relay rings again.")


def connect(url: str) -> dramatiq.Broker:
    """A broker with no middleware of Dramatiq's: retries, delays and time limits are columns of the operation."""
    if not url.startswith(("redis://", "rediss://")):
        raise ValueError("BACKROOM_BROKER_URL must begin with redis:// or rediss://")
    client = redis.Redis.from_url(
        url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
    )
    return RedisBroker(client=client, middleware=[])  # type: ignore[no-untyped-call]  # dramatiq ships it untyped


class BrokerBell:
    """Rings the workers of one service."""

    def __init__(self, broker: dramatiq.Broker, service: str, threads: int) -> None:
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
        except (BrokerConnectionError, RedisError) as fault:
            UNRUNG.inc()
            self._quiet_until = monotonic() + QUIET
            log.warning("the broker could not be rung; the relay will", lane=lane, fault=type(fault).__name__)


class BellHearer:
    """Worker threads of this process that drain a lane whenever its bell rings."""

    def __init__(self, broker: dramatiq.Broker, queue: str, drain: Callable[[str, float], None], threads: int) -> None:
        dramatiq.actor(broker=broker, actor_name="drain", queue_name=queue)(drain)
        broker.emit_after("process_boot")
        self._worker = dramatiq.Worker(broker, queues={queue}, worker_timeout=POLL, worker_threads=threads)

    def start(self) -> None:
        """Listens from now on; a broker that is down is waited for."""
        self._worker.start()

    def stop(self, seconds: float) -> None:
        """Hears no more; drains under way get so many seconds to end."""
        self._worker.stop(timeout=int(seconds * 1000))
