"""The ringer: a thread with the one connection on which a process rings RabbitMQ.

Pika's connections belong to one thread each and die when nobody answers their heartbeats. Were they the callers', every
thread that commits would have one, and would wait where the broker stalls. So callers leave their bells here.
"""

import threading
from collections import deque
from dataclasses import dataclass
from time import monotonic

import pika
import structlog
from pika.adapters.blocking_connection import BlockingChannel
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError, ChannelClosedByBroker, ConnectionWrongStateError

from chassis.broker.port import PATIENCE, UNRUNG, BrokerAway

FAULTS = (AMQPError, AMQPConnectorException, OSError)  #: how pika says that the broker is not there
AWAY = 5.0  #: seconds for which the next ringer is told that bells were lost; later the broker is simply tried again
BOUND = 256  #: bells of one lane that wait to be rung, as many as a process has threads; newer ones push out the oldest
#: Of one bell. Not written to disk, and gone after a minute: the relay has rung again long since, so bells cannot pile
#: up while no worker runs. A property of each bell rather than of the queue, whose arguments could never be changed.
PROPERTIES = pika.BasicProperties(  # type: ignore[no-untyped-call]  # pika's own
    delivery_mode=pika.DeliveryMode.Transient, expiration="60000"
)
OTHER_ARGUMENTS = 406  #: the refusal of a queue that somebody made with arguments of their own

log = structlog.get_logger(__name__)


def open_queue(connection: pika.BlockingConnection, queue: str) -> BlockingChannel:
    """A channel, once its queue exists. One that an operator made otherwise will do."""
    channel = connection.channel()
    try:
        channel.queue_declare(queue=queue, durable=True)
    except ChannelClosedByBroker as refusal:
        if refusal.reply_code != OTHER_ARGUMENTS:
            raise
        channel = connection.channel()
    return channel


@dataclass(frozen=True, slots=True)
class Bell:
    """One message: the queue of a service, the lane it tells of, and what the broker is given."""

    queue: str
    lane: str
    body: bytes


class Ringer:
    """Publishes bells, in the background. It begins with the first one."""

    def __init__(self, parameters: pika.connection.Parameters) -> None:
        self._parameters = parameters
        self._turn = threading.Condition()
        self._waiting: dict[tuple[str, str], deque[Bell]] = {}  #: by queue and lane, none of them empty
        self._in_hand: Bell | None = None
        self._connection: pika.BlockingConnection | None = None
        self._thread: threading.Thread | None = None
        self._fault: Exception | None = None  #: why bells were lost, for the next one who rings
        self._fault_until = 0.0
        self._closing = False

    def ring(self, bell: Bell) -> None:
        """Leaves a bell to be rung, without waiting. Raises `BrokerAway` where the broker was found away."""
        with self._turn:
            fault, self._fault = self._fault, None
            if fault is not None and monotonic() < self._fault_until:
                raise BrokerAway(fault) from fault
            first = not self._waiting
            self._waiting.setdefault((bell.queue, bell.lane), deque(maxlen=BOUND)).append(bell)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._keep, name="ringer", daemon=True)
                self._thread.start()
            elif first:  # behind others it is seen anyway
                self._wake()

    def close(self) -> None:
        """Rings what waits, as far as the broker takes it, and ends the connection."""
        with self._turn:
            self._closing = True
            thread = self._thread
            self._wake()
        if thread is not None:
            thread.join(PATIENCE)

    def _wake(self) -> None:
        self._turn.notify()
        if self._connection is not None:
            try:
                self._connection.add_callback_threadsafe(_nothing)
            except ConnectionWrongStateError:
                return  # the thread is about to notice it as well

    def _keep(self) -> None:
        while self._await_bells():
            try:
                with pika.BlockingConnection(self._parameters) as connection:
                    self._publish(connection)
            except FAULTS as fault:
                self._lose(fault)
            finally:
                with self._turn:
                    self._connection = None

    def _await_bells(self) -> bool:
        with self._turn:
            self._turn.wait_for(lambda: self._waiting or self._closing)
            return bool(self._waiting)

    def _publish(self, connection: pika.BlockingConnection) -> None:
        """Until closed, or until a queue turns out to be gone: then the next bell comes on a new connection."""
        channels: dict[str, BlockingChannel] = {}
        gone: list[str] = []
        with self._turn:
            self._connection = connection
        while not gone:
            while (bell := self._take()) is not None:
                if bell.queue not in channels:
                    channels[bell.queue] = channel = open_queue(connection, bell.queue)
                    channel.add_on_return_callback(lambda _, returned, *rest: gone.append(returned.routing_key))
                channels[bell.queue].basic_publish("", bell.queue, bell.body, PROPERTIES, mandatory=True)
            if self._closing:
                return
            connection.process_data_events(time_limit=None)
        UNRUNG.inc(len(gone))
        log.warning("the broker no longer knew the queue; it will be made again", queue=gone[0])

    def _take(self) -> Bell | None:
        """The next bell, of each lane in turn."""
        with self._turn:
            self._in_hand = None
            for key in self._waiting:
                bells = self._waiting.pop(key)
                self._in_hand = bells.popleft()
                if bells:
                    self._waiting[key] = bells
                break
            return self._in_hand

    def _lose(self, fault: Exception) -> None:
        with self._turn:
            lost = sum(map(len, self._waiting.values())) + (self._in_hand is not None)
            self._waiting.clear()
            self._in_hand = None
            if lost:
                self._fault, self._fault_until = fault, monotonic() + AWAY
        UNRUNG.inc(lost)
        log.warning("the broker is away; the relay rings again", bells=lost, fault=f"{type(fault).__name__}: {fault}")


def _nothing() -> None:
    """Being called is all it is for."""
