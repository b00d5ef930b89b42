"""Sends files by e-mail, through the mail service: a message a file, and the service's word on what became of it."""

import mimetypes
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic, sleep
from typing import Final
from uuid import UUID, uuid4, uuid5

import grpc

from backroom.mail.v1 import mail_pb2 as pb
from backroom.mail.v1 import mail_pb2_grpc
from backroom.type.v1 import type_pb2
from chassis.addresses import Address
from chassis.errors import BackroomError, RemoteRefused
from chassis.rpc.client import remote_errors
from chassis.texts import Texts
from services.delivery.application.far_ends import Parcel, Post
from services.delivery.domain.destinations import Email, MailServer, Security
from services.delivery.domain.failures import MailAway
from services.delivery.domain.file_failures import (
    MailRefused,
    MailUncertain,
    MailWaiting,
    RefusedByServer,
    TooLargeForMail,
)
from services.delivery.domain.mail_addresses import comparable
from services.delivery.domain.spool import SpoolFile

LARGEST: Final = 3 * 1024 * 1024  #: bytes of a file, as mail's contract says
TIMEOUT: Final = 30.0  #: seconds for a call
SHORTEST_LOOK, LONGEST_LOOK = 0.1, 1.0  #: seconds between two looks at a mail
NOBODY: Final = "mails/00000000-0000-0000-0000-000000000000"  #: never there; asking for it shows that mail answers
LEGACY_WARNING: Final = "warning.LEGACY_MAIL_SERVER"
ANY_FILE: Final = "application/octet-stream"
#: Media types by the ends of names, the same on every machine.
TYPES: Final = mimetypes.MimeTypes(filenames=())

SECURITIES: Final = {
    Security.NONE: pb.MailServer.SECURITY_NONE,
    Security.EXPLICIT: pb.MailServer.SECURITY_STARTTLS,
    Security.IMPLICIT: pb.MailServer.SECURITY_TLS,
}
#: Training is missed on purpose: what is practised with goes to a sandbox.
MODES: Final = {"normal": type_pb2.OPERATING_MODE_NORMAL, "isolated": type_pb2.OPERATING_MODE_ISOLATED}
#: Nothing more happens to a mail in these by itself.
ENDS: Final = {
    pb.Mail.STATE_SENT,
    pb.Mail.STATE_UNCERTAIN,
    pb.Mail.STATE_FAILED,
    pb.Mail.STATE_ABANDONED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMail:
    """The way to the mail service."""

    channel: Callable[[], grpc.Channel]
    texts: Texts
    locale: str  #: of the messages
    patience: timedelta  #: how long a message is watched until it has left
    pause: Callable[[float], None] = sleep  #: seconds

    @contextmanager
    def __call__(self, email: Email) -> Iterator[Post]:
        """For one batch. The connection is the process's, and stays."""
        yield MailPost(self, mail_pb2_grpc.MailServiceStub(self.channel()), email)


class MailPost:
    """The addresses of one destination."""

    def __init__(self, way: OpenMail, stub: mail_pb2_grpc.MailServiceStub, email: Email) -> None:
        self._way, self._stub, self._email = way, stub, email

    def deliver(self, parcel: Parcel) -> None:
        """Returns once the mail server has it. A repeat of a try is the same message, wherever that has got to."""
        file = parcel.file
        if file.size_bytes > LARGEST:
            raise TooLargeForMail(file.file_name, file.size_bytes, LARGEST)
        recipients = self._without(file)
        if not recipients:
            return
        request = self._request(
            message_of(file, file.mails),
            recipients,
            self._email.subject,
            self._way.texts.get("mail.body", self._way.locale, file_name=file.file_name),
        )
        request.attachments.add(
            file_name=file.file_name, media_type=media_type(file.file_name), content=b"".join(parcel.chunks())
        )
        request.site, request.mode = file.site, MODES[file.mode]
        self._settle(self._watched(self._send(request, file)))

    def verify(self, probe: str) -> Sequence[str]:
        """Sends "Test de connexion", without a file: whatever reads the address may take any file for a real one."""
        texts, locale = self._way.texts, self._way.locale
        subject = texts.get("mail.test_subject", locale)
        body = texts.get("mail.test_body", locale, probe=probe)
        request = self._request(uuid4(), self._email.recipients, subject, body)
        request.mode = type_pb2.OPERATING_MODE_ISOLATED  # a person wants it sent, whatever the mode
        mail = self._watched(self._send(request, None))
        self._settle(mail)
        return (LEGACY_WARNING,) if mail.legacy_server else ()

    def check(self) -> None:
        """Raises where mail does not answer."""
        try:
            self._get(NOBODY)
        except RemoteRefused as refused:
            if refused.code != grpc.StatusCode.NOT_FOUND.name:
                raise MailAway(str(refused)) from refused
        except BackroomError as away:
            raise MailAway(str(away)) from away

    def _without(self, file: SpoolFile) -> Sequence[str]:
        """Who has not got the file yet: earlier messages of it may have been refused to some only."""
        have: set[str] = set()
        for number in range(file.mails):
            try:
                mail = self._get(f"mails/{message_of(file, number)}")
            except RemoteRefused as refused:
                if refused.code != grpc.StatusCode.NOT_FOUND.name:
                    raise MailAway(str(refused)) from refused
            except BackroomError as away:
                raise MailAway(str(away)) from away
            else:
                have.update(map(comparable, mail.sent_recipients))
        return [each for each in self._email.recipients if comparable(each) not in have]

    def _request(self, request_id: UUID, recipients: Sequence[str], subject: str, body: str) -> pb.SendMessageRequest:
        server = self._email.server
        return pb.SendMessageRequest(
            recipients=recipients,
            subject=subject,
            body=body,
            request_id=str(request_id),
            server=None if server is None else server_of(server),
        )

    def _send(self, request: pb.SendMessageRequest, file: SpoolFile | None) -> str:
        """The name of the mail, stored by this call or an earlier one."""
        try:
            with remote_errors("mail"):
                mail: pb.Mail = self._stub.SendMessage(request, timeout=TIMEOUT)
        except RemoteRefused as refused:
            fields = [problem.field for problem in refused.problems]
            if "request_id" in fields or refused.code == grpc.StatusCode.ALREADY_EXISTS.name:
                # The try was begun before the destination was changed: that message counts, not a second one.
                return f"mails/{request.request_id}"
            if file is not None and fields and all(field.startswith("attachments") for field in fields):
                raise RefusedByServer(file.file_name, sentences(refused)) from refused
            raise MailAway(sentences(refused)) from refused
        except BackroomError as away:
            raise MailAway(str(away)) from away
        return mail.name

    def _watched(self, name: str) -> pb.Mail:
        """The mail once it has come to an end, or once patience has."""
        end, look = monotonic() + self._way.patience.total_seconds(), SHORTEST_LOOK
        while True:
            try:
                mail = self._get(name)
            except BackroomError as away:
                raise MailAway(str(away)) from away
            left = end - monotonic()
            if mail.state in ENDS or left <= 0:
                return mail
            self._way.pause(min(look, left))
            look = min(look * 1.5, LONGEST_LOOK)

    def _settle(self, mail: pb.Mail) -> None:
        if mail.state == pb.Mail.STATE_SENT:
            return
        if mail.state == pb.Mail.STATE_UNCERTAIN:
            raise MailUncertain(mail.name, mail.last_answer)
        if mail.state in ENDS:
            raise MailRefused(mail.name, mail.last_answer)
        raise MailWaiting(mail.name, mail.last_answer or self._way.texts.get("mail.queued", self._way.locale))

    def _get(self, name: str) -> pb.Mail:
        with remote_errors("mail"):
            mail: pb.Mail = self._stub.GetMail(pb.GetMailRequest(name=name), timeout=TIMEOUT)
        return mail


def message_of(file: SpoolFile, number: int) -> UUID:
    """The id of a message of a file: one that was refused is followed by another."""
    return uuid5(file.id, str(number))


def server_of(server: MailServer) -> pb.MailServer:
    """A destination's own server for the wire. Raises SecretLost."""
    return pb.MailServer(
        address=str(Address(server.host, server.port)),
        user_name=server.user_name,
        password=server.login.checked_password(),
        security=SECURITIES[server.security],
        sender=server.sender,
    )


def media_type(file_name: str) -> str:
    """What mail programs take the file for; anything, where its name does not tell."""
    kind, packed = TYPES.guess_type(file_name, strict=True)
    if packed == "gzip":
        return "application/gzip"
    if packed is not None or kind is None or kind.startswith(("message/", "multipart/")):  # a file, no mail of its own
        return ANY_FILE
    return kind


def sentences(refused: RemoteRefused) -> str:
    """What mail has against the request, field by field where it says so."""
    return "; ".join(f"{each.field}: {each.description}" for each in refused.problems) or str(refused)
