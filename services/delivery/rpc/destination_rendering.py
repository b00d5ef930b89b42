"""Destinations and how a try of one went, as the contract says it. Secrets never come this way."""

from backroom.delivery.v1 import delivery_pb2 as pb
from chassis.rpc.messages import timestamp
from chassis.texts import Texts
from services.delivery.application.explaining import explain
from services.delivery.application.verifying import Verdict
from services.delivery.domain.destinations import Destination, Email, Ftp, Imap, MailServer, Security, ServerPath, Sftp
from services.delivery.domain.drafts import MailServerDraft
from services.delivery.domain.spool import Failure
from services.delivery.domain.transfer_options import TransferOptions

SECURITIES = {
    Security.NONE: pb.CONNECTION_SECURITY_NONE,
    Security.EXPLICIT: pb.CONNECTION_SECURITY_EXPLICIT,
    Security.IMPLICIT: pb.CONNECTION_SECURITY_IMPLICIT,
}


def render_destination(destination: Destination) -> pb.Destination:
    """A destination without its secrets. One that a newer release has stored shows no method."""
    message = pb.Destination(
        name=destination.name,
        display_name=destination.display_name,
        create_time=timestamp(destination.create_time),
        update_time=timestamp(destination.update_time),
        etag=str(destination.version),
        transfer_options=_transfer(destination.transfer),
    )
    match destination.method:
        case ServerPath(folder=folder):
            message.server_path.folder = folder
        case Sftp() as sftp:
            _server(message.sftp, sftp)
            message.sftp.host_key = "" if sftp.host_key is None else sftp.host_key.text
            message.sftp.has_private_key = sftp.login.private_key is not None
        case Ftp() as ftp:
            _server(message.ftp, ftp)
            _protection(message.ftp, ftp)
            message.ftp.active = ftp.active
        case Imap() as imap:
            _server(message.imap, imap)
            _protection(message.imap, imap)
        case Email() as email:
            message.email.CopyFrom(
                pb.Email(
                    recipients=email.recipients,
                    subject=email.subject,
                    server=None if email.server is None else _mail_server(email.server),
                )
            )
    return message


def render_check(failure: Failure | None, texts: Texts, locale: str) -> pb.CheckDestinationResponse:
    """Whether a destination answers."""
    if failure is None:
        return pb.CheckDestinationResponse(reachable=True)
    why = explain(texts, locale, failure)
    return pb.CheckDestinationResponse(reason=why.reason, message=why.message, remedy=why.remedy)


def render_verdict(verdict: Verdict, texts: Texts, locale: str) -> pb.VerifyDestinationResponse:
    """How a try went."""
    answer = pb.VerifyDestinationResponse(
        verified=verdict.failure is None,
        warnings=[texts.get(key, locale) for key in verdict.warnings],
        host_key=verdict.host_key,
        host_key_fingerprint=verdict.fingerprint,
    )
    if verdict.failure is not None:
        why = explain(texts, locale, verdict.failure)
        answer.reason, answer.message, answer.remedy = why.reason, why.message, why.remedy
    return answer


def _transfer(transfer: TransferOptions) -> pb.TransferOptions:
    return pb.TransferOptions(
        write_directly=transfer.write_directly,
        existing=f"EXISTING_{transfer.existing.name}",
        folder_must_exist=transfer.folder_must_exist,
        bandwidth_limit=transfer.bandwidth_limit,
        concurrency=transfer.concurrency,
    )


def _server(message: pb.Sftp | pb.Ftp | pb.Imap, server: Sftp | Ftp | Imap) -> None:
    message.host, message.port, message.user_name = server.host, server.port, server.user_name
    message.folder = server.folder
    message.has_password = server.login.password is not None


def _protection(message: pb.Ftp | pb.Imap, server: Ftp | Imap) -> None:
    message.security = SECURITIES[server.security]
    message.certificate, message.certificate_unverified = server.trust.certificate, server.trust.unverified


def _mail_server(server: MailServer) -> pb.MailServer:
    return pb.MailServer(
        address=MailServerDraft.of(server).address,
        user_name=server.user_name,
        security=SECURITIES[server.security],
        sender=server.sender,
        has_password=server.login.password is not None,
    )
