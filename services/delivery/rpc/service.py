"""DeliveryService: translates, nothing more."""

from collections.abc import Iterator, Mapping

import grpc
from google.protobuf import empty_pb2

from backroom.delivery.v1 import delivery_pb2 as pb
from backroom.delivery.v1 import delivery_pb2_grpc
from chassis.auth import Role
from chassis.rpc import call
from chassis.rpc.listing import parse_listing
from chassis.rpc.writes import Writes
from chassis.texts import Texts
from services.delivery.application.checking import CheckDestination
from services.delivery.application.keeping_destinations import KeepDestinations
from services.delivery.application.ports import OpenWork, Work
from services.delivery.application.sealing_runs import SendSpool
from services.delivery.application.staging_files import StageFile
from services.delivery.rpc import parsing, rendering

ROLES: Mapping[str, Role] = {
    "CreateDestination": Role.OPERATOR,
    "GetDestination": Role.VIEWER,
    "ListDestinations": Role.VIEWER,
    "UpdateDestination": Role.OPERATOR,
    "DeleteDestination": Role.OPERATOR,
    "CheckDestination": Role.OPERATOR,
    "StageFile": Role.SERVICE,
    "ListFiles": Role.VIEWER,
    "SendSpool": Role.SERVICE,
}


class Delivery(delivery_pb2_grpc.DeliveryServiceServicer):
    """Answers `backroom.delivery.v1.DeliveryService`."""

    def __init__(
        self,
        open_work: OpenWork,
        *,
        keep: KeepDestinations,
        check: CheckDestination,
        stage: StageFile,
        send_spool: SendSpool,
        texts: Texts,
    ) -> None:
        self._open_work = open_work
        self._writes = Writes(open_work)
        self._keep = keep
        self._check = check
        self._stage = stage
        self._send_spool = send_spool
        self._texts = texts

    def CreateDestination(self, request: pb.CreateDestinationRequest, context: grpc.ServicerContext) -> pb.Destination:
        draft = parsing.parse_draft(request.destination)
        return self._writes.once(
            request,
            pb.Destination,
            lambda work: rendering.render_destination(self._keep.create(work, request.destination_id, draft)),
        )

    def GetDestination(self, request: pb.GetDestinationRequest, context: grpc.ServicerContext) -> pb.Destination:
        identifier = parsing.parse_destination(request.name)
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
        identifier = parsing.parse_destination(request.destination.name, "destination.name")
        version = parsing.parse_etag(request.destination.etag)
        edit = parsing.parse_edit(request)
        return self._writes.once(
            request,
            pb.Destination,
            lambda work: rendering.render_destination(self._keep.change(work, identifier, version, edit)),
        )

    def DeleteDestination(self, request: pb.DeleteDestinationRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:
        identifier = parsing.parse_destination(request.name)
        version = parsing.parse_etag(request.etag)

        def delete(work: Work) -> empty_pb2.Empty:
            self._keep.delete(work, identifier, version)
            return empty_pb2.Empty()

        return self._writes.once(request, empty_pb2.Empty, delete)

    def CheckDestination(
        self, request: pb.CheckDestinationRequest, context: grpc.ServicerContext
    ) -> pb.CheckDestinationResponse:
        identifier, training = parsing.parse_check(request)
        failure = self._check(identifier, training=training)
        return rendering.render_check(failure, self._texts, call.current().locale)

    def StageFile(self, request: Iterator[pb.StageFileRequest], context: grpc.ServicerContext) -> pb.File:
        file, chunks = parsing.parse_staging(request)
        return rendering.render_file(self._stage(file, chunks), self._texts, call.current().locale)

    def ListFiles(self, request: pb.ListFilesRequest, context: grpc.ServicerContext) -> pb.ListFilesResponse:
        query = parse_listing(request)
        with self._open_work() as work:
            files, token = work.spool.list(query)
        locale = call.current().locale
        return pb.ListFilesResponse(
            files=[rendering.render_file(file, self._texts, locale) for file in files], next_page_token=token
        )

    def SendSpool(self, request: pb.SendSpoolRequest, context: grpc.ServicerContext) -> pb.SendSpoolResponse:
        return pb.SendSpoolResponse(file_count=self._send_spool(parsing.parse_manifest(request)))
