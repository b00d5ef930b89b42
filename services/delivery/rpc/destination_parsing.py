"""Destinations as they come over the wire, parsed once into drafts and into what is done to them."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TypeVar

from google.protobuf.message import Message

from backroom.delivery.v1 import delivery_pb2 as pb
from chassis.errors import FieldProblem, InvalidInput
from chassis.operations import OperatingMode
from chassis.rpc.messages import Problems, check_mask
from services.delivery.application.verifying import Asked
from services.delivery.domain.destinations import Security
from services.delivery.domain.drafts import (
    Draft,
    EmailDraft,
    FtpDraft,
    ImapDraft,
    MailServerDraft,
    MethodDraft,
    ServerPathDraft,
    SftpDraft,
)
from services.delivery.domain.transfer_options import Existing, TransferOptions
from services.delivery.rpc.destination_rendering import SECURITIES
from services.delivery.rpc.parsing import parse_destination, parse_mode

D = TypeVar("D", bound=MethodDraft | MailServerDraft)

METHODS: dict[str, type[MethodDraft]] = {
    "server_path": ServerPathDraft,
    "sftp": SftpDraft,
    "ftp": FtpDraft,
    "imap": ImapDraft,
    "email": EmailDraft,
}
TRANSFER = "transfer_options"
SERVER = "email.server"
SECRETS = ("password", "private_key", "passphrase")
MASK = (
    "display_name",
    TRANSFER,
    *(f"{TRANSFER}.{each.name}" for each in fields(TransferOptions)),
    *METHODS,
    *(f"{method}.{each.name}" for method, draft in METHODS.items() for each in fields(draft)),
    *(f"{SERVER}.{each.name}" for each in fields(MailServerDraft)),
)
PROTECTIONS: dict[int, Security | None] = {
    pb.CONNECTION_SECURITY_UNSPECIFIED: None,
    **{said: security for security, said in SECURITIES.items()},
}
EXISTING: dict[int, Existing] = {
    pb.TransferOptions.EXISTING_UNSPECIFIED: Existing.REPLACE,
    pb.TransferOptions.EXISTING_REPLACE: Existing.REPLACE,
    pb.TransferOptions.EXISTING_REFUSE: Existing.REFUSE,
    pb.TransferOptions.EXISTING_KEEP_BOTH: Existing.KEEP_BOTH,
}


def parse_check(request: pb.CheckDestinationRequest) -> tuple[str, bool]:
    """A destination's id, and whether its sandbox is meant."""
    return parse_destination(request.name), parse_mode(request.mode) is OperatingMode.TRAINING


def parse_etag(etag: str) -> int | None:
    """The version that an etag stands for; None where none was given. What is no etag of ours is stale by nature."""
    if not etag:
        return None
    return int(etag) if etag.isascii() and etag.isdigit() and len(etag) < 19 else -1


def parse_draft(message: pb.Destination) -> Draft:
    """The fields as they came. Raises `InvalidInput` where one is none of the contract's values."""
    problems = Problems()
    draft = Draft(
        display_name=message.display_name,
        method=_method(message, problems),
        transfer=_transfer(message.transfer_options, problems),
    )
    problems.check()
    return draft


def parse_verification(request: pb.VerifyDestinationRequest) -> Asked:
    """What is to be tried."""
    identifier = parse_destination(request.name) if request.name else None
    if not request.HasField("destination"):
        if identifier is None:
            raise InvalidInput(FieldProblem("name", "give `name`, `destination`, or both"))
        return Asked(identifier=identifier, edit=None)
    return Asked(identifier=identifier, edit=_unmasked(request.destination))


def parse_edit(request: pb.UpdateDestinationRequest) -> Callable[[Draft], Draft]:
    """What an update does to a destination's fields.

    Without a mask everything that the message holds is taken; a secret that it leaves empty is kept.
    """
    paths = check_mask(request.update_mask, MASK)
    if not request.update_mask.paths or list(request.update_mask.paths) == ["*"]:
        return _unmasked(request.destination)
    new = parse_draft(request.destination)
    given = request.destination.WhichOneof("method")

    def edit(old: Draft) -> Draft:
        draft = old if "display_name" not in paths else replace(old, display_name=new.display_name)
        problems = Problems()
        for whole in METHODS:
            if whole in paths and given != whole:
                problems.add(f"destination.{whole}", "the mask names it, so give it")
            elif whole in paths:
                draft = replace(draft, method=new.method, kept=frozenset())
        for path in sorted(paths):  # `email.server` before what is below it
            whole, _, name = path.partition(".")
            if whole == TRANSFER:
                draft = replace(draft, transfer=_switched(draft.transfer, name, new.transfer))
            elif name and not isinstance(draft.method, METHODS[whole]):
                problems.add("update_mask", f"{path} is of another method; replace `{whole}` as a whole")
            elif name:
                draft = _with_field(draft, path, new)
        problems.check()
        return draft

    return edit


def _unmasked(message: pb.Destination) -> Callable[[Draft], Draft]:
    new = parse_draft(message)

    def edit(old: Draft) -> Draft:
        draft = replace(old, display_name=new.display_name)
        if message.HasField(TRANSFER):
            draft = replace(draft, transfer=new.transfer)
        return draft if new.method is None else _replaced(draft, new.method)

    return edit


def _replaced(old: Draft, method: MethodDraft) -> Draft:
    """The draft with another method; secrets that it leaves empty are those of the old one, where it is of its kind."""
    kept: set[str] = set()
    match old.method, method:
        case EmailDraft(server=before), EmailDraft(server=after) if before is not None and after is not None:
            if not after.password and f"{SERVER}.password" in old.kept:
                method = replace(method, server=replace(after, password=before.password))
                kept.add(f"{SERVER}.password")
        case (SftpDraft() | FtpDraft() | ImapDraft() as server, other) if type(server) is type(other):
            where = next(whole for whole, kind in METHODS.items() if kind is type(other))
            for name in SECRETS:
                if f"{where}.{name}" in old.kept and not getattr(other, name):
                    method = replace(method, **{name: getattr(server, name)})
                    kept.add(f"{where}.{name}")
    return replace(old, method=method, kept=frozenset(kept))


def _switched(old: TransferOptions, name: str, new: TransferOptions) -> TransferOptions:
    return replace(old, **{name: getattr(new, name)}) if name else new


def _with_field(draft: Draft, path: str, new: Draft) -> Draft:
    """The draft with one field of its method as `new` has it; where `new` has another method, the field is empty."""
    assert draft.method is not None  # noqa: S101 - its kind was looked at; tells mypy so
    kind = type(draft.method)
    source = new.method if isinstance(new.method, kind) else kind()
    _, _, name = path.partition(".")
    kept = frozenset(each for each in draft.kept if each != path and not each.startswith(f"{path}."))
    if path.startswith(f"{SERVER}.") and isinstance(draft.method, EmailDraft) and isinstance(source, EmailDraft):
        inner = path.removeprefix(f"{SERVER}.")
        typed = source.server or MailServerDraft()
        server = replace(draft.method.server or MailServerDraft(), **{inner: getattr(typed, inner)})
        return replace(draft, method=replace(draft.method, server=server), kept=kept)
    return replace(draft, method=replace(draft.method, **{name: getattr(source, name)}), kept=kept)


def _method(message: pb.Destination, problems: Problems) -> MethodDraft | None:
    match message.WhichOneof("method"):
        case None:
            return None
        case "email":
            email = message.email
            server = _drafted(MailServerDraft, email.server, SERVER, problems) if email.HasField("server") else None
            return EmailDraft(recipients=tuple(email.recipients), subject=email.subject, server=server)
        case where:
            return _drafted(METHODS[where], getattr(message, where), where, problems)


def _drafted(kind: type[D], message: Message, where: str, problems: Problems) -> D:
    """The draft of a message whose fields bear the same names."""
    given = {each.name: getattr(message, each.name) for each in fields(kind)}
    if "security" in given:
        given["security"] = _security(given["security"], f"{where}.security", problems)
    return kind(**given)


def _security(value: int, where: str, problems: Problems) -> Security | None:
    if value not in PROTECTIONS:
        problems.add(f"destination.{where}", "give one of the contract's values")
    return PROTECTIONS.get(value)


def _transfer(message: pb.TransferOptions, problems: Problems) -> TransferOptions:
    if message.existing not in EXISTING:
        problems.add(f"destination.{TRANSFER}.existing", "give one of the contract's values")
    return TransferOptions(
        write_directly=message.write_directly,
        existing=EXISTING.get(message.existing, Existing.REPLACE),
        folder_must_exist=message.folder_must_exist,
        bandwidth_limit=message.bandwidth_limit,
        concurrency=message.concurrency,
    )
