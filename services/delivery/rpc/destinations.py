"""DeliveryService: destinations."""

import grpc
from google.protobuf import empty_pb2

from backroom.delivery.v1 import delivery_pb2 as pb
from chassis.rpc import call
from chassis.rpc.listing import parse_listing
from services.delivery.application.ports import Work
from services.delivery.application.verifying import Asker
from services.delivery.rpc import destination_parsing as parsing
from services.delivery.rpc import destination_rendering as rendering
from services.delivery.rpc.calls import DeliveryCalls
from services.delivery.rpc.parsing import parse_destination


class DestinationCalls(DeliveryCalls):
    """Create, get, list, update, delete, verify, check."""

    def CreateDestination(self, request: pb.CreateDestinationRequest, context: grpc.ServicerContext) -> pb.Destination:
        draft = parsing.parse_draft(request.destination)
        return self._writes.once(
            request,
            pb.Destination,
            lambda work: rendering.render_destination(self._use.keep.create(work, request.destination_id, draft)),
        )

    def GetDestination(self, request: pb.GetDestinationRequest, context: grpc.ServicerContext) -> pb.Destination:
        identifier = parse_destination(request.name)
        with self._open_work() as work:
            return rendering.render_destination(work.destinations.get(identifier))

    def ListDestinations(
        self, request: pb.ListDestinationsRequest, context: grpc.ServicerContext
    ) -> pb.ListDestinationsResponse:
        query = parse_listing(request, default_page_size=50)
        with self._open_work() as work:
            destinations, token = work.destinations.list(query)
        return pb.ListDestinationsResponse(
            destinations=map(rendering.render_destination, destinations), next_page_token=token
        )

    def UpdateDestination(self, request: pb.UpdateDestinationRequest, context: grpc.ServicerContext) -> pb.Destination:
        identifier = parse_destination(request.destination.name, "destination.name")
        version = parsing.parse_etag(request.destination.etag)
        edit = parsing.parse_edit(request)
        return self._writes.once(
            request,
            pb.Destination,
            lambda work: rendering.render_destination(self._use.keep.change(work, identifier, version, edit)),
        )

    def DeleteDestination(self, request: pb.DeleteDestinationRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        identifier = parse_destination(request.name)
        version = parsing.parse_etag(request.etag)

        def delete(work: Work) -> empty_pb2.Empty:
            self._use.keep.delete(work, identifier, version)
            return empty_pb2.Empty()

        return self._writes.once(request, empty_pb2.Empty, delete)

    def VerifyDestination(
        self, request: pb.VerifyDestinationRequest, context: grpc.ServicerContext
    ) -> pb.VerifyDestinationResponse:
        asked, asking = parsing.parse_verification(request), call.current()
        asker = Asker(user=asking.principal.name, peer=asking.peer, correlation=asking.correlation, over=asking.over)
        return rendering.render_verdict(self._use.verify(asked, asker), self._use.texts, asking.locale)

    def CheckDestination(
        self, request: pb.CheckDestinationRequest, context: grpc.ServicerContext
    ) -> pb.CheckDestinationResponse:
        identifier, training = parsing.parse_check(request)
        failure = self._use.check(identifier, training=training)
        return rendering.render_check(failure, self._use.texts, call.current().locale)
