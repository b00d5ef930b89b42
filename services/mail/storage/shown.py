"""Mails as people see them: one, or a page of them, each in one query."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by

from chassis import listing
from chassis.errors import UnknownResource
from chassis.listing import Listing, ListQuery
from services.mail.domain.mail import Mail
from services.mail.domain.states import MailState, RecipientState
from services.mail.storage.tables import attachment, mail, recipient

LISTING = Listing(
    fields={
        "state": listing.enum(mail.c.state, MailState),
        "ticket": listing.text(mail.c.ticket),
        "site": listing.text(mail.c.site),
        "create_time": listing.instant(mail.c.create_time),
        "send_time": listing.instant(mail.c.send_time),
    },
    default_order="create_time desc",
    key=mail.c.id,
)
# Everything that is not done with.
WATCHED = (MailState.QUEUED, MailState.SENDING, MailState.UNCERTAIN, MailState.FAILED)


def _gathered(table: sa.Table, column: str, *only: sa.ColumnElement[bool]) -> sa.ScalarSelect[Any]:
    """One column of a mail's rows as an array, in their order."""
    gathered = sa.select(sa.func.array_agg(aggregate_order_by(table.c[column], table.c.ordinal)))
    return gathered.where(table.c.mail == mail.c.id, *only).correlate(mail).scalar_subquery()


SHOWN = sa.select(
    mail.c.id,
    mail.c.state,
    mail.c.subject,
    mail.c.message_id,
    mail.c.ticket,
    mail.c.last_answer,
    mail.c.attempts,
    mail.c.create_time,
    mail.c.send_time,
    mail.c.site,
    mail.c.server,
    mail.c.legacy,
    _gathered(recipient, "shown").label("recipients"),
    _gathered(recipient, "shown", recipient.c.state == RecipientState.SENT).label("sent"),
    _gathered(recipient, "shown", recipient.c.state == RecipientState.UNCERTAIN).label("uncertain"),
    _gathered(attachment, "file_name").label("attachments"),
)


def get(connection: sa.Connection, identifier: UUID) -> Mail:
    """Raises UnknownResource."""
    row = connection.execute(SHOWN.where(mail.c.id == identifier)).one_or_none()
    if row is None:
        raise UnknownResource(f"mails/{identifier}")
    return _mail(row)


def page(connection: sa.Connection, query: ListQuery) -> tuple[Sequence[Mail], str]:
    """A page and the token of the next one."""
    found = LISTING.page(connection, SHOWN, query)
    return [_mail(row) for row in found.rows], found.next_page_token


def counts(connection: sa.Connection) -> Mapping[MailState, int]:
    """How many are in each state that is watched."""
    query = (
        sa.select(mail.c.state, sa.func.count())
        .where(mail.c.state.not_in([MailState.SENT, MailState.ABANDONED]))
        .group_by(mail.c.state)
    )
    found = {MailState(state): count for state, count in connection.execute(query)}
    return {state: found.get(state, 0) for state in WATCHED}


def _mail(row: sa.Row[*tuple[Any, ...]]) -> Mail:
    return Mail(
        id=row.id,
        state=MailState(row.state),
        recipients=tuple(row.recipients),
        subject=row.subject,
        message_id=row.message_id,
        ticket=row.ticket,
        attachments=tuple(row.attachments or ()),
        last_answer=row.last_answer,
        attempts=row.attempts,
        create_time=row.create_time,
        send_time=row.send_time,
        site=row.site,
        server=row.server,
        legacy=row.legacy,
        sent=tuple(row.sent or ()),
        uncertain=tuple(row.uncertain or ()),
    )
