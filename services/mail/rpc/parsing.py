"""Requests as commands."""

from typing import Final
from uuid import UUID

from backroom.mail.v1 import mail_pb2 as pb
from backroom.type.v1 import type_pb2
from chassis.errors import FieldProblem, InvalidInput
from chassis.operations import OperatingMode
from chassis.rpc.messages import parse_name, parse_names, parse_uuid
from chassis.rpc.writes import parse_request_id
from chassis.texts import LOCALES
from services.mail.application.send_message import SendMessage
from services.mail.application.send_ticket import SendTicket
from services.mail.domain.message import Attachment
from services.mail.domain.servers import Security, TypedServer

MODES: Final = {
    type_pb2.OPERATING_MODE_UNSPECIFIED: OperatingMode.NORMAL,
    type_pb2.OPERATING_MODE_NORMAL: OperatingMode.NORMAL,
    type_pb2.OPERATING_MODE_ISOLATED: OperatingMode.ISOLATED,
    type_pb2.OPERATING_MODE_TRAINING: OperatingMode.TRAINING,
}

SECURITIES: Final = {
    pb.MailServer.SECURITY_UNSPECIFIED: Security.STARTTLS,
    pb.MailServer.SECURITY_NONE: Security.NONE,
    pb.MailServer.SECURITY_STARTTLS: Security.STARTTLS,
    pb.MailServer.SECURITY_TLS: Security.TLS,
}


def parse_send_message(request: pb.SendMessageRequest) -> SendMessage:
    """What the use case checks further."""
    if request.mode not in MODES:
        raise InvalidInput(FieldProblem("mode", f"{request.mode} is no mode; use a newer client or one of its names"))
    return SendMessage(
        recipients=tuple(request.recipients),
        subject=request.subject,
        body=request.body,
        attachments=tuple(
            Attachment(file_name=file.file_name, media_type=file.media_type, content=file.content)
            for file in request.attachments
        ),
        site=request.site,
        mode=MODES[request.mode],
        server=_server(request.server) if request.HasField("server") else None,
        request_id=UUID(request_id) if (request_id := parse_request_id(request)) else None,
    )


def parse_send_ticket(request: pb.SendTicketRequest) -> SendTicket:
    """What the use case checks further."""
    store = parse_store(request.ticket)
    locale = request.locale or LOCALES[0]
    if locale not in LOCALES:
        raise InvalidInput(FieldProblem("locale", f"{locale!r} is none of {', '.join(LOCALES)}"))
    return SendTicket(ticket=request.ticket, store=store, recipients=tuple(request.recipients), locale=locale)


def parse_mail_name(name: str) -> UUID:
    """The id in `mails/{uuid}`."""
    return parse_uuid(parse_name("mails/{uuid}", name, "name"), "name")


def parse_store(ticket: str) -> str:
    """The store's code in `tickets/{store}-{register}-{number}`."""
    store, _, _ = parse_names("tickets/{store}-{number}-{number}", ticket, "ticket")
    return store


def _server(server: pb.MailServer) -> TypedServer:
    if server.security not in SECURITIES:
        problem = f"{server.security} is no way to protect a connection; use a newer client or one of its names"
        raise InvalidInput(FieldProblem("server.security", problem))
    return TypedServer(
        address=server.address,
        user_name=server.user_name,
        password=server.password,
        security=SECURITIES[server.security],
        sender=server.sender,
    )
