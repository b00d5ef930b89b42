"""Drafts of every kind that are as they should be, and what is to be mended of others."""

from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from chassis.errors import InvalidInput
from services.delivery.domain.destinations import (
    Destination,
    Method,
)
from services.delivery.domain.drafts import (
    Draft,
    EmailDraft,
    FtpDraft,
    ImapDraft,
    MailServerDraft,
    MethodDraft,
    SftpDraft,
    checked,
)
from services.delivery.domain.transfer_options import TransferOptions

NOW = datetime(2017, 1, 31, 22, 30, tzinfo=UTC)
ROOTS = [PurePosixPath("/srv/out")]
PIN = "SHA256:" + "A" * 43
KEY = ec.generate_private_key(ec.SECP256R1())
SFTP = SftpDraft(host="h.example", user_name="u", host_key=PIN, password="p")
FTP = FtpDraft(host="h.example", user_name="u", password="p")
IMAP = ImapDraft(host="h.example", user_name="u", password="p")
SERVER = MailServerDraft(address="mail.example", user_name="u", password="p", sender="shop@example.com")
EMAIL = EmailDraft(recipients=("edi@example.com",), subject="Ventes", server=SERVER)


def certificate(*, until: datetime = NOW + timedelta(days=1)) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "h.example")])
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), 7, until - timedelta(days=9), until)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def method_of(draft: MethodDraft) -> Method:
    return checked(Draft(display_name="Shop", method=draft), ROOTS).method


def problems(draft: Draft | MethodDraft, *, stored: Method | None = None, trying: bool = False) -> list[str]:
    """The fields that are to be mended."""
    whole = draft if isinstance(draft, Draft) else Draft(display_name="Shop", method=draft)
    try:
        checked(whole, ROOTS, stored=stored, trying=trying)
    except InvalidInput as refusal:
        return [each.field.removeprefix("destination.") for each in refusal.problems]
    return []


def stored(method: Method, transfer: TransferOptions | None = None) -> Destination:
    return Destination(
        id="shop",
        display_name="Shop",
        method=method,
        transfer=transfer or TransferOptions(),
        version=1,
        create_time=NOW,
        update_time=NOW,
    )
