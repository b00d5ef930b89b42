"""A message of an inbox."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What somebody reads."""

    number: int
    principal: str  #: whose inbox
    category: str
    subject: str
    body: str  #: lines separated by LF
    run: int | None  #: None: it tells of none
    error: bool
    read: bool
    create_time: datetime


def message_name(number: int) -> str:
    return f"messages/{number}"
