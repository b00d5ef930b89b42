"""Inboxes as they are kept. Nobody sees another's messages."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from chassis.database import among
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

    def unread(self, principal: str) -> dict[str, int]:
        """How many messages of each category somebody has not read."""
        query = (
            sa.select(message.c.category, sa.func.count().label("unread"))
            .where(message.c.principal == principal, ~message.c.read)  # as the index of the unread says it
            .group_by(message.c.category)
        )
        return {row.category: int(row.unread) for row in self._connection.execute(query)}

    def mark_read(self, principal: str, numbers: Sequence[int]) -> int:
        """Marks messages of somebody as read; answers how many were not. Raises `UnknownResource` and marks none."""
        self._check(principal, numbers)
        marked = self._connection.execute(
            sa.update(message).where(among(message.c.number, numbers), ~message.c.read).values(read=True)
        )
        return marked.rowcount

    def delete(self, principal: str, numbers: Sequence[int]) -> None:
        """Deletes messages of somebody. Raises `UnknownResource` and deletes none."""
        self._check(principal, numbers)
        self._connection.execute(sa.delete(message).where(among(message.c.number, numbers)))

    def _check(self, principal: str, numbers: Sequence[int]) -> None:
        """Holds the messages; raises `UnknownResource` where one is not, or is somebody else's."""
        query = sa.select(message.c.number).where(message.c.principal == principal, among(message.c.number, numbers))
        known = self._connection.execute(query.order_by(message.c.number).with_for_update()).scalars()
        missing = sorted(set(numbers) - set(known))
        if missing:
            raise UnknownResource(message_name(missing[0]))


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
