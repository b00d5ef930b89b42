"""DeliveryService: the tries at sending files."""

import grpc

from backroom.delivery.v1 import delivery_pb2 as pb
from chassis.rpc import call
from chassis.rpc.listing import parse_listing
from chassis.rpc.messages import parse_name, timestamp
from chassis.texts import Texts
from services.delivery.application.explaining import explain
from services.delivery.domain.deliveries import Delivery
from services.delivery.domain.destinations import destination_name
from services.delivery.rpc.calls import DeliveryCalls


class HistoryCalls(DeliveryCalls):
    """Tries: one, and all."""

    def GetDelivery(self, request: pb.GetDeliveryRequest, context: grpc.ServicerContext) -> pb.Delivery:
        number = int(parse_name("deliveries/{number}", request.name, "name"))
        with self._open_work() as work:
            delivery = work.deliveries.get(number)
        return render_delivery(delivery, self._use.texts, call.current().locale)

    def ListDeliveries(
        self, request: pb.ListDeliveriesRequest, context: grpc.ServicerContext
    ) -> pb.ListDeliveriesResponse:
        query = parse_listing(request)
        with self._open_work() as work:
            deliveries, token = work.deliveries.list(query)
        locale = call.current().locale
        return pb.ListDeliveriesResponse(
            deliveries=[render_delivery(each, self._use.texts, locale) for each in deliveries], next_page_token=token
        )


def render_delivery(delivery: Delivery, texts: Texts, locale: str) -> pb.Delivery:
    """A try, its failure in the reader's language."""
    message = pb.Delivery(
        name=delivery.name,
        file=f"files/{delivery.file}",
        file_name=delivery.file_name,
        task=f"tasks/{delivery.task}",
        run=f"runs/{delivery.run}",
        destination=destination_name(delivery.destination),
        attempt=delivery.attempt,
        state=f"STATE_{delivery.state.value}",
        resumed_offset=delivery.resumed_offset,
        create_time=timestamp(delivery.create_time),
        end_time=timestamp(delivery.end_time),
    )
    if delivery.failure is not None:
        why = explain(texts, locale, delivery.failure)
        message.reason, message.message, message.remedy = why.reason, why.message, why.remedy
    return message
