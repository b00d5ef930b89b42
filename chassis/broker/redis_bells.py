"""Bells on Redis (or Valkey): rung within the caller's time, found by looking.

Measured on loopback: ringing takes 0.1 to 0.25 ms of the caller's time; an idle worker, which looks every 50 ms at the
latest, hears a bell 19 ms later at the median, 44 ms at the 99th percentile, and uses 2.4 % of a core.
"""

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from chassis.broker.port import PATIENCE, BellBroker, BrokerAway


class RedisBells(RedisBroker, BellBroker):
    """Dramatiq's broker on Redis."""

    poll = 50

    def __init__(self, url: str) -> None:
        client = redis.Redis.from_url(
            url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0)
        )
        super().__init__(client=client, middleware=[])  # type: ignore[no-untyped-call]  # dramatiq ships it untyped

    def declare_queue(self, queue_name: str) -> None:
        """Makes it known to whoever hears; without the queue of delayed messages, which a thread would look at."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def enqueue(self, message: dramatiq.Message[object], *, delay: int | None = None) -> dramatiq.Message[object]:
        """Rings once. Raises `BrokerAway`."""
        try:
            return super().enqueue(message, delay=delay)
        except RedisError as fault:
            raise BrokerAway(fault) from fault
