"""A message as somebody asked for it: what may stand in it, and what may not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chassis.errors import FieldProblem, InvalidInput
from services.mail.domain.address import Address, BadAddress, parse_address
from services.mail.domain.servers import OwnServer, TypedServer, read_server

MOST_RECIPIENTS = 100
LONGEST_SUBJECT = 500
LONGEST_BODY = 200_000
LONGEST_FILE_NAME = 255  #: bytes of UTF-8
MOST_ATTACHMENTS = 50
LARGEST_ATTACHMENTS = 3 * 1024 * 1024  #: bytes of all attachments of a mail together

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x80-\x9f\u2028\u2029]")
# A body has lines and tabs; anything else below the space is refused by servers or hidden from readers.
_CONTROL_IN_BODY = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# RFC 2047: what begins so is read as encoded text, wherever it stands in a header, and may then hold a line break.
_ENCODED = "=?"
_NAME = r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}"
_MEDIA_TYPE = re.compile(rf"{_NAME}/{_NAME}")
# What a person's mail program would unpack or parse as mail of its own, never as a file.
_NOT_A_FILE = ("message", "multipart")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that goes with a message."""

    file_name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that can be sent."""

    recipients: tuple[Address, ...]  #: 1 to 100, each once
    subject: str  #: one line
    body: str  #: plain text, lines end with a line feed
    attachments: tuple[Attachment, ...] = ()
    server: OwnServer | None = None  #: that takes it; None: mail's own


def read_message(
    recipients: Sequence[str],
    subject: str,
    body: str,
    attachments: Sequence[Attachment] = (),
    server: TypedServer | None = None,
) -> Message:
    """Checks every part and names each field that is wrong (InvalidInput)."""
    addresses, problems = read_recipients(recipients)
    problems += _subject_problems(subject)
    if len(body) > LONGEST_BODY:
        problems.append(FieldProblem("body", f"has {len(body)} characters; at most {LONGEST_BODY} are sent"))
    if _CONTROL_IN_BODY.search(body):
        problems.append(FieldProblem("body", "has control characters; send plain text"))
    problems += _attachment_problems(attachments)
    own_server, server_problems = read_server(server) if server is not None else (None, [])
    problems += server_problems
    if problems:
        raise InvalidInput(*problems)
    lines = body.replace("\r\n", "\n").replace("\r", "\n")
    return Message(recipients=addresses, subject=subject, body=lines, attachments=tuple(attachments), server=own_server)


def read_recipients(recipients: Sequence[str]) -> tuple[tuple[Address, ...], list[FieldProblem]]:
    """The addresses in their order, each once, and what is wrong with the others."""
    if not 1 <= len(recipients) <= MOST_RECIPIENTS:
        problem = FieldProblem("recipients", f"has {len(recipients)} addresses; give 1 to {MOST_RECIPIENTS}")
        return (), [problem]
    found: dict[Address, None] = {}
    problems: list[FieldProblem] = []
    for index, text in enumerate(recipients):
        try:
            found[parse_address(text)] = None
        except BadAddress as error:
            problems.append(FieldProblem(f"recipients[{index}]", str(error)))
    return tuple(found), problems


def _subject_problems(subject: str) -> list[FieldProblem]:
    problems = []
    if not 1 <= len(subject) <= LONGEST_SUBJECT or not subject.strip():
        problems.append(FieldProblem("subject", f"give 1 to {LONGEST_SUBJECT} characters"))
    if _CONTROL.search(subject):
        problems.append(FieldProblem("subject", "has a line break or another control character; write one line"))
    if _ENCODED in subject:
        problems.append(FieldProblem("subject", f"has `{_ENCODED}`, which begins encoded text; leave it out"))
    return problems


def _attachment_problems(attachments: Sequence[Attachment]) -> list[FieldProblem]:
    problems = []
    if len(attachments) > MOST_ATTACHMENTS:
        problems.append(FieldProblem("attachments", f"are {len(attachments)}; at most {MOST_ATTACHMENTS} are sent"))
    size = sum(len(attachment.content) for attachment in attachments)
    if size > LARGEST_ATTACHMENTS:
        problems.append(
            FieldProblem("attachments", f"have {size} bytes together; at most {LARGEST_ATTACHMENTS} are sent")
        )
    for index, attachment in enumerate(attachments):
        field = f"attachments[{index}]"
        name = attachment.file_name
        if not 1 <= len(name.encode()) <= LONGEST_FILE_NAME or name in {".", ".."} or re.search(r"[/\\]", name):
            problems.append(
                FieldProblem(f"{field}.file_name", f"give a name without / or \\, at most {LONGEST_FILE_NAME} bytes")
            )
        if _CONTROL.search(name):
            problems.append(FieldProblem(f"{field}.file_name", "has control characters"))
        if _ENCODED in name:
            problems.append(FieldProblem(f"{field}.file_name", f"has `{_ENCODED}`, which begins encoded text"))
        kind = attachment.media_type.partition("/")[0].lower()
        if not _MEDIA_TYPE.fullmatch(attachment.media_type) or kind in _NOT_A_FILE:
            problems.append(FieldProblem(f"{field}.media_type", "is not the media type of a file; e.g. text/csv"))
    return problems
