"""A destination of any kind as a person types it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from chassis.errors import FieldProblem, InvalidInput
from services.delivery.domain.destinations import (
    Destination,
    Email,
    Ftp,
    Imap,
    Method,
    Sandbox,
    ServerPath,
    Sftp,
    Unread,
)
from services.delivery.domain.drafts.email import EmailDraft
from services.delivery.domain.drafts.fields import has_controls, problem
from services.delivery.domain.drafts.ftp import FtpDraft
from services.delivery.domain.drafts.imap import ImapDraft
from services.delivery.domain.drafts.server_path import ServerPathDraft
from services.delivery.domain.drafts.sftp import SftpDraft
from services.delivery.domain.drafts.transfer import transfer_problems
from services.delivery.domain.logins import Login
from services.delivery.domain.transfer_options import TransferOptions

MethodDraft = ServerPathDraft | SftpDraft | FtpDraft | ImapDraft | EmailDraft
KINDS: dict[type[MethodDraft], type[Method]] = {
    ServerPathDraft: ServerPath,
    SftpDraft: Sftp,
    FtpDraft: Ftp,
    ImapDraft: Imap,
    EmailDraft: Email,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The fields of a destination, unchecked."""

    display_name: str = ""
    method: MethodDraft | None = None  #: None: none was chosen
    transfer: TransferOptions = field(default_factory=TransferOptions)
    #: fields, e.g. `sftp.password`, whose secrets nobody has typed: they are the stored ones
    kept: frozenset[str] = frozenset()
    unreadable: bool = False  #: the stored secrets can no longer be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What a draft describes."""

    method: Method
    transfer: TransferOptions


def draft_of(destination: Destination) -> Draft:
    """What a person would have typed to get this destination; its secrets are the stored ones."""
    method: MethodDraft
    match destination.method:
        case ServerPath(folder=folder):
            method = ServerPathDraft(folder=folder)
        case Sftp() as sftp:
            method = SftpDraft.of(sftp)
        case Ftp() as ftp:
            method = FtpDraft.of(ftp)
        case Imap() as imap:
            method = ImapDraft.of(imap)
        case Email() as email:
            method = EmailDraft.of(email)
        case Sandbox() | Unread():
            raise TypeError("nobody edits a sandbox, or what another release has stored")
    where, login = secrets_of(destination.method)
    return Draft(
        display_name=destination.display_name,
        method=method,
        transfer=destination.transfer,
        kept=frozenset(
            f"{where}.{name}"
            for name, secret in (
                ("password", login.password),
                ("private_key", login.private_key),
                ("passphrase", login.passphrase),
            )
            if secret is not None
        ),
        unreadable=login.unreadable,
    )


def checked(
    draft: Draft, roots: Sequence[PurePosixPath], *, stored: Method | None = None, trying: bool = False
) -> Checked:
    """What the draft describes. Raises `InvalidInput` that names every field to mend.

    `stored` is the method whose secrets the draft keeps: they go only where they were stored for. Who is only `trying`
    need not have named it, nor know a server's key yet.
    """
    problems: list[FieldProblem] = []
    if not trying and (not 1 <= len(draft.display_name) <= 100 or has_controls(draft.display_name)):
        problems.append(problem("display_name", "give 1 to 100 printable characters"))
    kind = None if draft.method is None else KINDS[type(draft.method)]
    problems += transfer_problems(draft.transfer, kind)
    match draft.method:
        case None:
            problems.append(problem("method", "give one of `server_path`, `sftp`, `ftp`, `imap`, `email`"))
        case ServerPathDraft() as path:
            problems += path.problems(roots)
        case SftpDraft() as sftp:
            problems += sftp.problems(pinned=not trying)
        case other:
            problems += other.problems()
    problems += login_problems(draft)
    if problems or draft.method is None:
        raise InvalidInput(*problems)
    method = draft.method.method()
    if draft.kept and stored is not None and server_of(stored) != server_of(method):
        raise InvalidInput(
            *(
                problem(name, "host, port or user name is another, so give this secret again")
                for name in sorted(draft.kept)
            )
        )
    return Checked(method=method, transfer=draft.transfer)


def login_problems(draft: Draft) -> list[FieldProblem]:
    """What is missing to log in. Stored secrets that cannot be read have to be given again, or taken out."""
    if draft.unreadable and draft.kept:
        return [problem(name, "the stored one cannot be read any more; give it again") for name in sorted(draft.kept)]
    return [] if draft.method is None or isinstance(draft.method, ServerPathDraft) else draft.method.login_problems()


def secrets_of(method: Method) -> tuple[str, Login]:
    """Where a method's secrets stand among the fields, and the secrets."""
    match method:
        case Sftp(login=login):
            return "sftp", login
        case Ftp(login=login):
            return "ftp", login
        case Imap(login=login):
            return "imap", login
        case Email(server=server) if server is not None:
            return "email.server", server.login
        case _:
            return "", Login()


def server_of(method: Method) -> tuple[str, int, str] | None:
    """Host, port and user name: what secrets are of."""
    match method:
        case Sftp() | Ftp() | Imap():
            return method.host.lower(), method.port, method.user_name
        case Email(server=server) if server is not None:
            return server.host.lower(), server.port, server.user_name
        case _:
            return None
