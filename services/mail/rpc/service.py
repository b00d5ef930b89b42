"""`backroom.mail.v1.MailService`: parses, asks a use case, renders."""

from typing import Final

import grpc

from backroom.mail.v1 import mail_pb2 as pb
from backroom.mail.v1 import mail_pb2_grpc
from chassis.auth import Role
from chassis.errors import NotAllowed
from chassis.rpc import call
from chassis.rpc.listing import parse_listing
from chassis.rpc.messages import parse_reason
from chassis.rpc.server import Servicer
from chassis.rpc.writes import Writes
from services.mail.application.abandon_mail import AbandonMail
from services.mail.application.ports import OpenWork, Work
from services.mail.application.send_message import send_message
from services.mail.application.send_ticket import TicketSender
from services.mail.rpc.parsing import parse_mail_name, parse_send_message, parse_send_ticket, parse_store
from services.mail.rpc.rendering import render_mail

DEFAULT_PAGE: Final = 50
LARGEST_PAGE: Final = 1000

ROLES: Final = {
    "SendMessage": Role.OPERATOR,  # a service is trusted with what an operator is
    "SendTicket": Role.OPERATOR,
    "AbandonMail": Role.OPERATOR,
    "GetMail": Role.VIEWER,
    "ListMails": Role.VIEWER,
}


class MailServicer(mail_pb2_grpc.MailServiceServicer):
    """Answers calls about mails."""

    def __init__(
        self,
        open_work: OpenWork,
        ticket_sender: TicketSender,
        abandon_mail: AbandonMail,
        message_id_domain: str,
        practised: str,
    ) -> None:
        self._open_work = open_work
        self._writes: Writes[Work] = Writes(open_work)
        self._ticket_sender, self._abandon_mail = ticket_sender, abandon_mail
        self._message_id_domain = message_id_domain
        self._practised = practised  # the word on mails of training mode

    def SendMessage(self, request: pb.SendMessageRequest, context: grpc.ServicerContext) -> pb.Mail:
        """Stores a message for sending."""
        command = parse_send_message(request)

        def act(work: Work) -> pb.Mail:
            return render_mail(send_message(work, command, self._message_id_domain, self._practised))

        return self._writes.once(request, pb.Mail, act)

    def SendTicket(self, request: pb.SendTicketRequest, context: grpc.ServicerContext) -> pb.Mail:
        """Renders a ticket as PDF and stores its mail.

        Sales and clients are asked inside the write: a repeat then gets the first answer whatever has become of
        the client's consent, and a ticket's copies are counted in the transaction that adds one.
        """
        command = parse_send_ticket(request)
        check_store(command.store)

        def act(work: Work) -> pb.Mail:
            return render_mail(self._ticket_sender(work, command))

        return self._writes.once(request, pb.Mail, act)

    def AbandonMail(self, request: pb.AbandonMailRequest, context: grpc.ServicerContext) -> pb.Mail:
        """Gives a mail up."""
        identifier, reason = parse_mail_name(request.name), parse_reason(request.reason, "reason")
        caller = call.current().principal.name

        def act(work: Work) -> pb.Mail:
            mail = self._abandon_mail(work, identifier, reason, caller)
            if mail.ticket:
                check_store(parse_store(mail.ticket))
            return render_mail(mail)

        return self._writes.once(request, pb.Mail, act)

    def GetMail(self, request: pb.GetMailRequest, context: grpc.ServicerContext) -> pb.Mail:
        """One mail."""
        identifier = parse_mail_name(request.name)
        with self._open_work() as work:
            return render_mail(work.mails.get(identifier))

    def ListMails(self, request: pb.ListMailsRequest, context: grpc.ServicerContext) -> pb.ListMailsResponse:
        """One page."""
        query = parse_listing(request, default_page_size=DEFAULT_PAGE, max_page_size=LARGEST_PAGE)
        with self._open_work() as work:
            mails, token = work.mails.page(query)
        return pb.ListMailsResponse(mails=map(render_mail, mails), next_page_token=token)


def check_store(store: str) -> None:
    """Raises NotAllowed for a caller who is confined to others; nothing of its write is kept then."""
    principal = call.current().principal
    if not principal.sees_store(store):
        raise NotAllowed(principal.name, f"store {store} among its stores")


def servicer(
    open_work: OpenWork,
    ticket_sender: TicketSender,
    abandon_mail: AbandonMail,
    message_id_domain: str,
    practised: str,
) -> Servicer:
    """The service with the role each call needs."""
    return Servicer(
        name="backroom.mail.v1.MailService",
        add=mail_pb2_grpc.add_MailServiceServicer_to_server,
        servicer=MailServicer(open_work, ticket_sender, abandon_mail, message_id_domain, practised),
        roles=ROLES,
    )
