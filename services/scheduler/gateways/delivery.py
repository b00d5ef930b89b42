"""Delivery: whether a destination answers, and the sealing and sending of a run's files."""

from collections.abc import Callable
from uuid import UUID

import grpc

from backroom.delivery.v1 import delivery_pb2, delivery_pb2_grpc
from chassis.rpc.messages import timestamp
from services.scheduler.application.ports import Unreachable
from services.scheduler.domain.runs import Run, Terms
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.gateways.absence import Absences
from services.scheduler.gateways.addresses import AddressBook
from services.scheduler.gateways.wire import MODES, clean

CHECK_TIMEOUT = 30.0  #: seconds; a far server may be slow to say no
SEND_TIMEOUT = 30.0


class GrpcDelivery:
    """The deliveries that serve the sites, by key."""

    def __init__(self, channel_to: Callable[[str], grpc.Channel], addresses: AddressBook) -> None:
        self._channel_to = channel_to
        self._addresses = addresses
        self._absences = Absences()

    def check(self, delivery: str, destination: str, mode: OperatingMode) -> Unreachable | None:
        """None where files could be sent now."""
        with self._absences.asked(delivery):
            answer = self._stub(delivery).CheckDestination(
                delivery_pb2.CheckDestinationRequest(name=destination, mode=MODES[mode]), timeout=CHECK_TIMEOUT
            )
        if answer.reachable:
            return None
        return Unreachable(reason=clean(answer.reason), message=clean(answer.message), remedy=clean(answer.remedy))

    def send(self, delivery: str, run: Run, terms: Terms, attempt: UUID) -> None:
        """Answers once the files are sealed; the sending is polled for under `attempt`."""
        request = delivery_pb2.SendSpoolRequest(
            attempt=str(attempt),
            task=run.task_name,
            run=run.name,
            destination=terms.destination,
            files=[file.name for file in run.files],
            nominal_time=timestamp(run.nominal_time),
            site=run.site,
            mode=MODES[run.mode],
            owner=terms.owner,
            traceparent=run.traceparent,
        )
        with self._absences.asked(delivery):
            self._stub(delivery).SendSpool(request, timeout=SEND_TIMEOUT)

    def _stub(self, delivery: str) -> delivery_pb2_grpc.DeliveryServiceStub:
        return delivery_pb2_grpc.DeliveryServiceStub(self._channel_to(self._addresses.of(delivery)))
