"""DeliveryService: what people see of the spool and do to it."""

import grpc

from backroom.delivery.v1 import delivery_pb2 as pb
from chassis.rpc import call
from chassis.rpc.listing import parse_listing
from chassis.rpc.messages import Problems, parse_name, parse_reason, parse_uuid
from services.delivery.application.ports import Work
from services.delivery.rpc import parsing, rendering
from services.delivery.rpc.calls import DeliveryCalls

MOST_FILES = 1_000  #: of one retry


class SpoolCalls(DeliveryCalls):
    """Files of the spool: seen, given up, sent again."""

    def ListFiles(self, request: pb.ListFilesRequest, context: grpc.ServicerContext) -> pb.ListFilesResponse:
        query = parse_listing(request)
        with self._open_work() as work:
            files, token = work.spool.list(query)
        locale = call.current().locale
        return pb.ListFilesResponse(
            files=[rendering.render_file(file, self._use.texts, locale) for file in files], next_page_token=token
        )

    def DiscardFile(self, request: pb.DiscardFileRequest, context: grpc.ServicerContext) -> pb.DiscardFileResponse:
        identifier = parse_uuid(parse_name("files/{uuid}", request.name, "name"), "name")
        reason = parse_reason(request.reason, "reason")
        said = call.current()

        def discard(work: Work) -> pb.DiscardFileResponse:
            discarded = self._use.discard(work, identifier, reason, said.principal.name)
            return pb.DiscardFileResponse(
                file=rendering.render_file(discarded.file, self._use.texts, said.locale),
                state_before=rendering.STATES[discarded.before],
                mails=discarded.reached,
            )

        response = self._writes.once(request, pb.DiscardFileResponse, discard)
        self._use.spool.remove(int(parse_name("tasks/{number}", response.file.task, "task")), identifier)
        return response

    def RetryDelivery(
        self, request: pb.RetryDeliveryRequest, context: grpc.ServicerContext
    ) -> pb.RetryDeliveryResponse:
        problems = Problems()
        if bool(request.files) is bool(request.destination):
            problems.add("files", "give either files or a destination")
        if len(request.files) > MOST_FILES:
            problems.add("files", f"give at most {MOST_FILES}")
            problems.check()
        files = parsing.parse_files(request.files, problems)
        problems.check()
        destination = parsing.parse_destination(request.destination, "destination") if request.destination else ""
        caller = call.current().principal.name
        return self._writes.once(
            request,
            pb.RetryDeliveryResponse,
            lambda work: pb.RetryDeliveryResponse(file_count=self._use.retry(work, files, destination, caller)),
        )
