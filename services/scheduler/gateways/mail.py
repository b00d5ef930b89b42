"""Mail: reports that people also want by e-mail."""

from collections.abc import Callable
from uuid import UUID

import grpc

from backroom.mail.v1 import mail_pb2, mail_pb2_grpc
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.gateways.absence import Absences
from services.scheduler.gateways.wire import MODES

TIMEOUT = 15.0  #: seconds
NAME = "mail"


class GrpcMail:
    """The service that sends every e-mail of the system."""

    def __init__(self, channel_to: Callable[[str], grpc.Channel], address: str) -> None:
        self._channel_to = channel_to
        self._address = address
        self._absences = Absences()

    def send(self, recipient: str, subject: str, body: str, site: str, mode: OperatingMode, request_id: UUID) -> None:
        """Hands one mail over; a repeat under the same id is the same mail. Raises `Unavailable`, `RemoteRefused`."""
        request = mail_pb2.SendMessageRequest(
            recipients=[recipient],
            subject=subject,
            body=body,
            site=site,
            mode=MODES[mode],
            request_id=str(request_id),
        )
        with self._absences.asked(NAME):
            mail_pb2_grpc.MailServiceStub(self._channel_to(self._address)).SendMessage(request, timeout=TIMEOUT)
