"""DeliveryService: what handlers and the scheduler say of produced files."""

from collections.abc import Iterator
from functools import partial

import grpc

from backroom.delivery.v1 import delivery_pb2 as pb
from chassis.rpc import call
from chassis.rpc.hearing import Hearing
from services.delivery.application.explaining import explain, failure_of
from services.delivery.domain.failures import CarryFailed
from services.delivery.rpc import parsing, rendering
from services.delivery.rpc.calls import DeliveryCalls


class SendingCalls(DeliveryCalls):
    """Staged, sealed, sent."""

    def StageFile(self, request: Iterator[pb.StageFileRequest], context: grpc.ServicerContext) -> pb.File:
        file, chunks = parsing.parse_staging(request)
        return rendering.render_file(self._use.stage(file, chunks), self._use.texts, call.current().locale)

    def SendSpool(self, request: pb.SendSpoolRequest, context: grpc.ServicerContext) -> pb.SendSpoolResponse:
        return pb.SendSpoolResponse(file_count=self._use.send_spool(parsing.parse_manifest(request)))

    def SendFile(self, request: Iterator[pb.SendFileRequest], context: grpc.ServicerContext) -> pb.SendFileResponse:
        said, texts = call.current(), self._use.texts
        with Hearing(request, said.over) as hearing:
            messages = iter(partial(hearing.next, self._use.silence), None)
            wanted, content = parsing.parse_sending(messages)
            try:
                file = self._use.send_file(wanted, content)
            except CarryFailed as failure:  # crosses as itself, in the words of the caller's language
                why = explain(texts, said.locale, failure_of(failure))
                failure.args = (f"{why.message} {why.remedy}",)
                raise
        return pb.SendFileResponse(file=rendering.render_file(file, texts, said.locale))
