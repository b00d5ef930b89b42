"""Inboxes as they are kept. Nobody sees another's messages."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from chassis.errors import UnknownResource
from chassis.listing import Listing, ListQuery, boolean, instant, integer, named, text
from services.scheduler.domain.changes import NewMessage
from services.scheduler.domain.messages import Message, message_name
from services.scheduler.storage.tables import message

LISTING = Listing(
    fields={
        "number": integer(message.c.number),
        "category": text(message.c.category),
        "run": named(message.c.run, "runs/{number}"),
        "error": boolean(message.c.error),
        "read": boolean(message.c.read),
        "create_time": instant(message.c.create_time),
    },
    default_order="number desc",
    key=message.c.number,
)
ADD = sa.text(
    """
    INSERT INTO message (principal, category, subject, body, run, error)
    SELECT principal, category, subject, body, run, error FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(
        principal text, category text, subject text, body text, run bigint, error boolean)
    """
)


class Inbox:
    """Messages, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, new: Sequence[NewMessage]) -> None:
        """Puts messages into inboxes, in one statement; many runs may tell many people at once."""
        rows = [asdict(each) for each in new]
        if rows:
            self._connection.execute(ADD, {"rows": json.dumps(rows)})

    def get(self, principal: str, number: int) -> Message:
        """Raises `UnknownResource`, also for a message of somebody else."""
        row = self._connection.execute(_of(principal).where(message.c.number == number)).first()
        if row is None:
            raise UnknownResource(message_name(number))
        return _message(row)

    def page(self, principal: str, query: ListQuery) -> tuple[Sequence[Message], str]:
        """One page of somebody's messages, and the token of the next."""
        page = LISTING.page(self._connection, _of(principal), query)
        return [_message(row) for row in page.rows], page.next_page_token

    def unread(self, principal: str) -> int:
        """How many messages somebody has not read."""
        query = sa.select(sa.func.count()).where(message.c.principal == principal, message.c.read.is_(False))
        return int(self._connection.execute(query).scalar_one())

    def mark_read(self, principal: str, numbers: Sequence[int]) -> int:
        """Marks messages of somebody as read; answers how many were not. Raises `UnknownResource` and marks none."""
        known = self._connection.execute(_of(principal).where(message.c.number.in_(numbers)))
        missing = sorted(set(numbers) - {row.number for row in known})
        if missing:
            raise UnknownResource(message_name(missing[0]))
        marked = self._connection.execute(
            sa.update(message).where(message.c.number.in_(numbers), message.c.read.is_(False)).values(read=True)
        )
        return marked.rowcount


def _of(principal: str) -> sa.Select[Any]:
    return sa.select(message).where(message.c.principal == principal)


def _message(row: sa.Row[Any]) -> Message:
    return Message(
        number=row.number,
        principal=row.principal,
        category=row.category,
        subject=row.subject,
        body=row.body,
        run=row.run,
        error=row.error,
        read=row.read,
        create_time=row.create_time,
    )
