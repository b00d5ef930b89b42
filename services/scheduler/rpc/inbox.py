"""InboxService: what people read. Everybody sees their own messages only."""

from collections.abc import Mapping

import grpc
from google.protobuf.empty_pb2 import Empty

from backroom.scheduler.v1 import scheduler_pb2, scheduler_pb2_grpc
from chassis.auth import Role
from chassis.rpc import call
from chassis.rpc.listing import parse_listing
from chassis.rpc.servicer import Servicer
from chassis.rpc.writes import Writes
from services.scheduler.application.ports import OpenWork, Work
from services.scheduler.rpc import render
from services.scheduler.rpc.parse import parse_message_number, parse_message_numbers

ROLES: Mapping[str, Role] = {
    "ListMessages": Role.VIEWER,
    "GetMessage": Role.VIEWER,
    "MarkMessagesRead": Role.VIEWER,
    "DeleteMessages": Role.VIEWER,
}
PAGE = 50


class InboxServicer(scheduler_pb2_grpc.InboxServiceServicer):
    """Translates, nothing more."""

    def __init__(self, open_work: OpenWork, writes: Writes[Work]) -> None:
        self._open_work = open_work
        self._writes = writes

    def ListMessages(
        self, request: scheduler_pb2.ListMessagesRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.ListMessagesResponse:
        query = parse_listing(request, default_page_size=PAGE)
        reader = call.current().principal.name
        with self._open_work() as work:
            messages, token = work.inbox.page(reader, query)
            unread = work.inbox.unread(reader)
        return scheduler_pb2.ListMessagesResponse(
            messages=[render.render_message(message, in_list=True) for message in messages],
            next_page_token=token,
            unread_count=sum(unread.values()),
            unread_counts=unread,
        )

    def GetMessage(
        self, request: scheduler_pb2.GetMessageRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.Message:
        number = parse_message_number(request.name)
        with self._open_work() as work:
            return render.render_message(work.inbox.get(call.current().principal.name, number))

    def MarkMessagesRead(
        self, request: scheduler_pb2.MarkMessagesReadRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.MarkMessagesReadResponse:
        numbers = parse_message_numbers(request.names)
        reader = call.current().principal.name

        def mark(work: Work) -> scheduler_pb2.MarkMessagesReadResponse:
            return scheduler_pb2.MarkMessagesReadResponse(marked_count=work.inbox.mark_read(reader, numbers))

        return self._writes.once(request, scheduler_pb2.MarkMessagesReadResponse, mark)

    def DeleteMessages(self, request: scheduler_pb2.DeleteMessagesRequest, context: grpc.ServicerContext) -> Empty:
        numbers = parse_message_numbers(request.names)
        reader = call.current().principal.name

        def delete(work: Work) -> Empty:
            work.inbox.delete(reader, numbers)
            return Empty()

        return self._writes.once(request, Empty, delete)


def servicer(open_work: OpenWork, writes: Writes[Work]) -> Servicer:
    """What chassis serves."""
    return Servicer(
        "backroom.scheduler.v1.InboxService",
        scheduler_pb2_grpc.add_InboxServiceServicer_to_server,
        InboxServicer(open_work, writes),
        ROLES,
    )
