"""Writes that can be repeated: the answer is stored in the write's own transaction, by request_id."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from hashlib import sha256
from typing import Generic, Protocol, TypeVar

from google.protobuf.message import Message

from chassis.errors import FieldProblem, InvalidInput
from chassis.rpc import call

M = TypeVar("M", bound=Message)


class Answers(Protocol):
    """Answers already given, within the transaction."""

    def first(self, caller: str, method: str, request_id: str, body: bytes, /) -> bytes | None:
        """Claims the id; answers what an earlier call stored. RequestIdReused where the body differs."""

    def remember(self, caller: str, method: str, request_id: str, response: bytes, /) -> None:
        """Stores the answer with the write."""


class Repeatable(Protocol):
    """A unit of work that remembers answers."""

    @property
    def repeats(self) -> Answers:
        """The answers already given."""


W = TypeVar("W", bound=Repeatable)


class Writes(Generic[W]):
    """Runs each write of a servicer once."""

    def __init__(self, open_work: Callable[[], AbstractContextManager[W]]) -> None:
        self._open_work = open_work

    def once(self, request: Message, response_type: type[M], act: Callable[[W], M], content: bytes = b"") -> M:
        """Runs `act` in one transaction. A repeat, told by `request_id` and caller, gets the stored answer.

        `content` is what came beside the request, in a stream: a repeat brings the same.
        """
        request_id = parse_request_id(request)
        if not request_id:
            with self._open_work() as work:
                return act(work)
        caller, method = call.current().principal.name, call.current().method
        with self._open_work() as work:
            body = body_of(request) + (sha256(content).digest() if content else b"")
            stored = work.repeats.first(caller, method, request_id, body)
            if stored is not None:
                return response_type.FromString(stored)
            response = act(work)
            work.repeats.remember(caller, method, request_id, response.SerializeToString(deterministic=True))
            return response


def parse_request_id(request: Message) -> str:
    """The request's id in its canonical form, or empty; InvalidInput where it is no UUID (AIP-155)."""
    if "request_id" not in request.DESCRIPTOR.fields_by_name:
        return ""
    given: str = getattr(request, "request_id")  # noqa: B009 - not a field of every message
    if not given:
        return ""
    try:
        return str(uuid.UUID(given))
    except ValueError:
        raise InvalidInput(
            FieldProblem("request_id", f"{given[:50]!r} is not a UUID; make a new one for each write")
        ) from None


def body_of(request: Message) -> bytes:
    """What makes a request the same request: everything but its id and its secrets (`debug_redact`).

    A hash of it is stored, and a hash of a secret is an oracle for whoever guesses it.
    """
    body = type(request)()
    body.CopyFrom(request)
    body.ClearField("request_id")
    redact(body)
    return body.SerializeToString(deterministic=True)


def redact(message: Message) -> None:
    """Clears the fields, at any depth, that the contract marks `debug_redact`."""
    for field, value in message.ListFields():
        if field.GetOptions().debug_redact:
            message.ClearField(field.name)
        elif field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for inner in value if field.is_repeated else [value]:
                redact(inner)
