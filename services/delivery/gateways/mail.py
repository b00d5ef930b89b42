"""Sends files by e-mail, through the mail service: a message a file, and the service's word on what became of it."""

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
from chassis.errors import BackroomError, RemoteRefused, Unavailable, WrongState
from chassis.rpc.client import remote_errors
from chassis.rpc.messages import LONGEST_REASON
from chassis.texts import Texts
from services.delivery.application.far_ends import Parcel, Post
from services.delivery.domain.destinations import Email, MailServer, Security
from services.delivery.domain.errors import BeingSent
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
from services.delivery.gateways.media_types import media_type

LARGEST: Final = 3 * 1024 * 1024  #: bytes of a file, as mail's contract says
TIMEOUT: Final = 30.0  #: seconds for a call
TAKING_BACK: Final = 10.0  #: seconds for a call that a person waits for, and the file's row
SHORTEST_LOOK, LONGEST_LOOK = 0.1, 1.0  #: seconds between two looks at a mail
NOBODY: Final = "mails/00000000-0000-0000-0000-000000000000"  #: never there; asking for it shows that mail answers
LEGACY_WARNING: Final = "warning.LEGACY_MAIL_SERVER"

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

    def give_up(self, file: SpoolFile, reason: str) -> Sequence[str]:
        """Abandons the file's messages, the refused ones too; see `Messages`."""
        stub = mail_pb2_grpc.MailServiceStub(self.channel())
        names = [f"mails/{message_of(file, number)}" for number in range(file.mails + 1)]
        why = reason[:LONGEST_REASON].rstrip()
        try:
            return [name for name in names if reached(stub, file, name, why)]
        except Unavailable as away:
            problem = f"files/{file.id} is not given up: its message may leave still, {away}; try again"
            raise Unavailable(problem, away.retry_after) from away


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
        self._found(NOBODY)

    def _without(self, file: SpoolFile) -> Sequence[str]:
        """Who has not got the file yet: earlier messages of it may have been refused to some only."""
        have: set[str] = set()
        for number in range(file.mails):
            mail = self._found(f"mails/{message_of(file, number)}")
            if mail is not None:
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
            name = f"mails/{request.request_id}"
            if "request_id" in fields:  # the try was begun before the destination was changed
                self._overtake(name)
                return name
            if refused.code == grpc.StatusCode.ALREADY_EXISTS.name:
                return name
            if file is not None and fields and all(field.startswith("attachments") for field in fields):
                raise RefusedByServer(file.file_name, sentences(refused)) from refused
            raise MailAway(sentences(refused)) from refused
        except BackroomError as away:
            raise MailAway(str(away)) from away
        return mail.name

    def _overtake(self, name: str) -> None:
        """Gives up a message to where the destination led before, if it still waits; the next try is another one.

        One that has left, or may have, counts as it is, also where it did so since the look. Raises `MailAway`.
        """
        mail = self._found(name)
        if mail is None or mail.state != pb.Mail.STATE_QUEUED:
            return
        try:
            abandoned(self._stub, name, self._way.texts.get("mail.overtaken", self._way.locale), TIMEOUT)
        except BackroomError as error:
            raise MailAway(str(error)) from error

    def _watched(self, name: str) -> pb.Mail:
        """The mail once it has come to an end, or once patience has."""
        end, look = monotonic() + self._way.patience.total_seconds(), SHORTEST_LOOK
        while True:
            mail = self._found(name)
            if mail is None:
                raise MailAway(f"{name} is not there any more")
            left = end - monotonic()
            if mail.state in ENDS or left <= 0:
                return mail
            self._way.pause(min(look, left))
            look = min(look * 1.5, LONGEST_LOOK)

    def _settle(self, mail: pb.Mail) -> None:
        if mail.state == pb.Mail.STATE_SENT:
            return
        if mail.state not in ENDS:
            raise MailWaiting(mail.name, mail.last_answer or self._way.texts.get("mail.queued", self._way.locale))
        if mail.uncertain_recipients:  # given up or not: only a person sends another
            raise MailUncertain(mail.name, mail.last_answer)
        raise MailRefused(mail.name, mail.last_answer)

    def _found(self, name: str) -> pb.Mail | None:
        """None: there is no such mail. Raises `MailAway`."""
        try:
            return found(self._stub, name, TIMEOUT)
        except BackroomError as error:
            raise MailAway(str(error)) from error


def found(stub: mail_pb2_grpc.MailServiceStub, name: str, timeout: float) -> pb.Mail | None:
    """None: there is no such mail."""
    try:
        with remote_errors("mail"):
            mail: pb.Mail = stub.GetMail(pb.GetMailRequest(name=name), timeout=timeout)
    except RemoteRefused as refused:
        if refused.code == grpc.StatusCode.NOT_FOUND.name:
            return None
        raise
    return mail


def abandoned(stub: mail_pb2_grpc.MailServiceStub, name: str, reason: str, timeout: float) -> pb.Mail | None:
    """The mail, ABANDONED. None: it is leaving, or has left."""
    try:
        with remote_errors("mail"):
            request = pb.AbandonMailRequest(name=name, reason=reason)
            mail: pb.Mail = stub.AbandonMail(request, timeout=timeout)
    except RemoteRefused as refused:
        if refused.remote_reason == WrongState.reason:
            return None
        raise
    return mail


def reached(stub: mail_pb2_grpc.MailServiceStub, file: SpoolFile, name: str, reason: str) -> bool:
    """Whether a message has arrived, at some of its recipients at least, or may have; else it never will."""
    for _ in range(2):
        mail = found(stub, name, TAKING_BACK)
        if mail is None:
            return parked_for(file, name)
        if mail.state == pb.Mail.STATE_SENT:
            return True
        after = abandoned(stub, name, reason, TAKING_BACK)
        if after is not None:
            return bool(after.sent_recipients or after.uncertain_recipients)
    # Under way to its server: who refuses it only for now has it sent later.
    raise BeingSent(f"files/{file.id}")


def parked_for(file: SpoolFile, name: str) -> bool:
    """Whether the file waits for a person because this message may have arrived; it knows so for longer than mail."""
    failure = file.failure
    return failure is not None and failure.reason == MailUncertain.reason and failure.facts.get("mail") == name


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


def sentences(refused: RemoteRefused) -> str:
    """What mail has against the request, field by field where it says so."""
    return "; ".join(f"{each.field}: {each.description}" for each in refused.problems) or str(refused)
