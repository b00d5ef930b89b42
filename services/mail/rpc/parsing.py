"""Requests as commands."""

from typing import Final
from uuid import UUID

from backroom.mail.v1 import mail_pb2 as pb
from backroom.type.v1 import type_pb2
from chassis.errors import FieldProblem, InvalidInput
from chassis.operations import OperatingMode
from chassis.rpc.messages import parse_name, parse_names, parse_uuid
from chassis.texts import LOCALES
from services.mail.application.send_message import SendMessage
from services.mail.application.send_ticket import SendTicket
from services.mail.domain.message import Attachment

MODES: Final = {
    type_pb2.OPERATING_MODE_UNSPECIFIED: OperatingMode.NORMAL,
    type_pb2.OPERATING_MODE_NORMAL: OperatingMode.NORMAL,
    type_pb2.OPERATING_MODE_ISOLATED: OperatingMode.ISOLATED,
    type_pb2.OPERATING_MODE_TRAINING: OperatingMode.TRAINING,
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
    )


def parse_send_ticket(request: pb.SendTicketRequest) -> SendTicket:
    """What the use case checks further."""
    store, _, _ = parse_names("tickets/{store}-{number}-{number}", request.ticket, "ticket")
    locale = request.locale or LOCALES[0]
    if locale not in LOCALES:
        raise InvalidInput(FieldProblem("locale", f"{locale!r} is none of {', '.join(LOCALES)}"))
    return SendTicket(ticket=request.ticket, store=store, recipients=tuple(request.recipients), locale=locale)


def parse_mail_name(name: str) -> UUID:
    """The id in `mails/{uuid}`."""
    return parse_uuid(parse_name("mails/{uuid}", name, "name"), "name")
