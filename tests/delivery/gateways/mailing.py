"""Files that go by e-mail, and the way to the mail service, as short as a test wants them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from backroom.mail.v1 import mail_pb2_grpc
from chassis.texts import Texts
from services.delivery.application.far_ends import Parcel
from services.delivery.domain.destinations import Email, MailServer
from services.delivery.gateways.mail import OpenMail
from tests.delivery.mail_end import MailEnd
from tests.delivery.parcels import parcel_of

TEXTS = Texts.of("services.delivery")
FILE = UUID(int=7)


def way(mail: MailEnd, *, patience: float = 10.0, locale: str = "fr") -> OpenMail:
    return OpenMail(channel=lambda: mail.channel, texts=TEXTS, locale=locale, patience=timedelta(seconds=patience))


def email(*recipients: str, server: MailServer | None = None, subject: str = "Ventes du jour") -> Email:
    return Email(recipients=recipients or ("edi@fournisseur.example",), subject=subject, server=server)


def produced(name: str, chunks: Sequence[bytes], *, id: UUID = FILE, **values: Any) -> Parcel:
    """The same file each time."""
    parcel = parcel_of(name, chunks, **values)
    return replace(parcel, file=replace(parcel.file, id=id))


def stub(mail: MailEnd) -> mail_pb2_grpc.MailServiceStub:
    return mail_pb2_grpc.MailServiceStub(mail.channel)
