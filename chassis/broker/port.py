"""What bells need of a broker, beside being one of Dramatiq's."""

import dramatiq
from dramatiq.errors import BrokerConnectionError
from prometheus_client import Counter

PATIENCE = 1.0  #: seconds that anybody waits for a broker that does not answer

UNRUNG = Counter("backroom_bells_lost_total", "Bells the broker could not take; the relay rings again.")


class BrokerAway(BrokerConnectionError):
    """A bell cannot be rung or heard now. Dramatiq knows it by its base, and tries again."""

    def __init__(self, fault: Exception) -> None:
        super().__init__(f"{type(fault).__name__}: {fault}")  # type: ignore[no-untyped-call]  # dramatiq's
        self.fault = fault


class BellBroker(dramatiq.Broker):
    """A broker that rings and is heard.

    `enqueue` raises `BrokerAway`, within PATIENCE, where a bell cannot be rung. It has no
    queues of delayed or dead messages: a bell is for now, and nobody misses it. Both ends find a broker that comes back
    by themselves.
    """

    poll: int  #: milliseconds between looks of an idle worker
