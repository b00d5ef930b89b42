"""The broker: Dramatiq on Redis or on RabbitMQ. It carries bells, no data: a message names a lane, and losing it loses
no work.
"""

from chassis.broker.bell import BellHearer, BrokerBell
from chassis.broker.port import BellBroker
from chassis.broker.rabbitmq_bells import RabbitBells
from chassis.broker.redis_bells import RedisBells

__all__ = ["BellBroker", "BellHearer", "BrokerBell", "connect"]

BROKERS: dict[str, type[RedisBells] | type[RabbitBells]] = {
    "redis": RedisBells,
    "rediss": RedisBells,
    "amqp": RabbitBells,
    "amqps": RabbitBells,
}


def connect(url: str) -> BellBroker:
    """The broker that the URL's scheme names, with no middleware of Dramatiq's: retries, delays and time limits are
    columns of the operation. Reaches out to nothing yet.
    """
    try:
        return BROKERS[url.partition("://")[0]](url)
    except KeyError:
        raise ValueError("BACKROOM_BROKER_URL must begin with redis://, rediss://, amqp:// or amqps://") from None
