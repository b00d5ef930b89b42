"""The outbox as a repository: whole batches in, one mail at a time out."""

import json
from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from chassis.database import copy_rows
from chassis.listing import ListQuery
from chassis.operations.holding import held_back
from services.mail.domain.delivery import Settlement
from services.mail.domain.errors import MailMoved
from services.mail.domain.mail import TRAINING, DueMail, Mail, NewMail
from services.mail.domain.message import Attachment
from services.mail.domain.states import MailState, RecipientState, may_move
from services.mail.storage import recipients, servers, shown
from services.mail.storage.sealing import Sealer
from services.mail.storage.tables import attachment, mail

ADD = sa.text(
    """
    INSERT INTO mail (id, state, mode, walk_in, message_id, subject, body, site, ticket, copy, server, next_time,
                      last_answer)
    SELECT id, CASE mode WHEN 'training' THEN 'abandoned' ELSE 'queued' END, mode, walk_in, message_id, subject, body,
           site, ticket, copy, server, CASE WHEN mode <> 'training' THEN now() END, last_answer
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new(
        id uuid, mode text, walk_in boolean, message_id text, subject text, body text, site text,
        ticket text, copy integer, server text, last_answer text)
    ON CONFLICT DO NOTHING  -- of the ticket as the same copy, or of an id that the caller chose
    RETURNING id
    """
)
# Two people who mail one ticket at once wait for each other; the lock ends with the transaction.
LOCK_TICKET = sa.text("SELECT pg_advisory_xact_lock(hashtextextended('mail/' || :ticket, 0))")
STRAND = sa.text(
    """
    WITH stranded AS (
        UPDATE mail SET state = 'uncertain', last_answer = :why WHERE state = 'sending' AND server = :server
        RETURNING id, walk_in
    ), forgotten AS (
        UPDATE own_server SET password = NULL FROM stranded WHERE mail = id
    ), theirs AS (
        UPDATE recipient
        SET state = CASE recipient.state WHEN 'pending' THEN 'uncertain' ELSE recipient.state END,
            address = CASE WHEN walk_in THEN NULL ELSE address END
        FROM stranded WHERE mail = id
    )
    SELECT id FROM stranded
    """
)
ABANDON = sa.text(
    """
    WITH forgotten AS (
        UPDATE own_server SET password = NULL WHERE mail = :mail
    ), emptied AS (
        UPDATE attachment SET content = NULL WHERE mail = :mail
    ), theirs AS (
        UPDATE recipient SET address = NULL FROM mail WHERE mail.id = :mail AND walk_in AND recipient.mail = :mail
    )
    UPDATE mail SET state = 'abandoned', next_time = NULL, last_answer = :why WHERE id = :mail
    """
)


class MailRepository:
    """The outbox, inside one transaction."""

    def __init__(self, connection: sa.Connection, sealer: Sealer) -> None:
        self._connection, self._sealer = connection, sealer

    def add_many(self, mails: Sequence[NewMail]) -> set[UUID]:
        """Stores mails, but not a ticket that was mailed as the same copy already, nor an id again; answers the ids."""
        rows = [
            {
                "id": str(new.id),
                "mode": new.mode,
                "walk_in": new.walk_in,
                "message_id": new.message_id,
                "subject": new.subject,
                "body": new.body,
                "site": new.site,
                "ticket": new.ticket,
                "copy": new.copy,
                "server": "" if new.server is None else new.server.address,
                "last_answer": new.last_answer,
            }
            for new in mails
        ]
        stored = set(self._connection.execute(ADD, {"rows": json.dumps(rows)}).scalars()) if rows else set()
        new_mails = [new for new in mails if new.id in stored]
        servers.add(self._connection, self._sealer, new_mails)
        recipients.add(self._connection, self._sealer, new_mails)
        copy_rows(
            self._connection,
            attachment.name,
            ("mail", "ordinal", "file_name", "media_type", "size_bytes", "content"),
            (
                (
                    new.id,
                    ordinal,
                    file.file_name,
                    file.media_type,
                    len(file.content),
                    None if new.practised else file.content,
                )
                for new in new_mails
                for ordinal, file in enumerate(new.attachments)
            ),
        )
        return stored

    def get(self, identifier: UUID) -> Mail:
        """Raises UnknownResource."""
        return shown.get(self._connection, identifier)

    def hold(self, identifier: UUID) -> Mail:
        """The same; nobody else moves it on until this transaction has ended."""
        self._connection.execute(sa.select(mail.c.id).where(mail.c.id == identifier).with_for_update())
        return shown.get(self._connection, identifier)

    def page(self, query: ListQuery) -> tuple[Sequence[Mail], str]:
        """A page of mails and the token of the next one; empty on the last."""
        return shown.page(self._connection, query)

    def counts(self) -> Mapping[MailState, int]:
        """How many mails are in each state that is not the end of all care."""
        return shown.counts(self._connection)

    def mailed(self, tickets: Sequence[str]) -> set[str]:
        """Those of these tickets that some mail carries; what was only practised counts for nothing."""
        query = sa.select(mail.c.ticket).where(
            mail.c.ticket == sa.any_(sa.cast(list(tickets), sa.ARRAY(sa.Text))),
            mail.c.ticket != "",
            mail.c.mode != TRAINING,
        )
        return set(self._connection.execute(query).scalars())

    def next_copy(self, ticket: str) -> int:
        """How many mails carry the ticket. Nobody else adds one until this transaction has ended."""
        self._connection.execute(LOCK_TICKET, {"ticket": ticket})
        query = sa.select(sa.func.coalesce(sa.func.max(mail.c.copy) + 1, 0)).where(
            mail.c.ticket == ticket, mail.c.ticket != "", mail.c.mode != TRAINING
        )
        return int(self._connection.execute(query).scalar_one())

    def due(self, limit: int, server: str = "") -> Sequence[DueMail]:
        """Mails for a server (empty: mail's own) whose time has come, the longest due first."""
        rows = self._connection.execute(
            sa.select(mail)
            .where(_waiting(), mail.c.server == server, mail.c.next_time <= sa.func.now())
            .order_by(mail.c.next_time, mail.c.id)
            .limit(limit)
        ).all()
        theirs = recipients.of_mails(self._connection, self._sealer, [row.id for row in rows])
        own = servers.of_mails(self._connection, self._sealer, [row.id for row in rows if row.server])
        return [
            DueMail(
                id=row.id,
                message_id=row.message_id,
                recipients=tuple(theirs[row.id]),
                walk_in=row.walk_in,
                subject=row.subject,
                body=row.body,
                create_time=row.create_time,
                attempts=row.attempts,
                server=own.get(row.id),
            )
            for row in rows
        ]

    def begin_sending(self, identifier: UUID, *, legacy: bool = False) -> Sequence[Attachment]:
        """Moves a QUEUED mail to SENDING, answers its attachments. Raises MailMoved where it is not to be sent now."""
        moved = self._connection.execute(
            sa.update(mail)
            .where(mail.c.id == identifier, _waiting())
            .values(state=MailState.SENDING, next_time=None, legacy=legacy)
        )
        if moved.rowcount == 0:
            raise MailMoved(identifier)
        files = sa.select(attachment).where(attachment.c.mail == identifier).order_by(attachment.c.ordinal)
        return [
            Attachment(file_name=row.file_name, media_type=row.media_type, content=bytes(row.content))
            for row in self._connection.execute(files)
        ]

    def settle(self, tried: DueMail, settlement: Settlement) -> None:
        """Writes what became of a try. With SENT the attachments' contents go. Raises MailMoved."""
        sent = any(each.state is RecipientState.SENT for each in settlement.recipients)
        before = [
            state
            for state in (MailState.QUEUED, MailState.SENDING)
            if state is settlement.state or may_move(state, settlement.state)
        ]
        moved = self._connection.execute(
            sa.update(mail)
            .where(mail.c.id == tried.id, mail.c.state.in_(before))
            .values(
                state=settlement.state,
                attempts=settlement.attempts,
                next_time=settlement.next_time,
                last_answer=settlement.answer,
                send_time=sa.func.coalesce(mail.c.send_time, sa.func.now()) if sent else mail.c.send_time,
            )
        )
        if moved.rowcount == 0:
            raise MailMoved(tried.id)
        recipients.settle(self._connection, tried, settlement)
        if tried.server is not None and settlement.next_time is None:
            servers.forget_password(self._connection, tried.id)
        if settlement.state is MailState.SENT:
            self._connection.execute(sa.update(attachment).where(attachment.c.mail == tried.id).values(content=None))

    def abandon(self, identifier: UUID, why: str) -> None:
        """Moves a mail that is held to ABANDONED. What it would have been sent with is erased."""
        self._connection.execute(ABANDON, {"mail": identifier, "why": why})

    def strand(self, why: str, server: str = "") -> Sequence[UUID]:
        """Moves every mail found SENDING by a server to UNCERTAIN: whoever was sending it is gone."""
        return list(self._connection.execute(STRAND, {"why": why, "server": server}).scalars())

    def postpone(self, until: datetime, why: str) -> int:
        """Lets every mail for mail's own server that is due wait, no try counted; answers how many."""
        postponed = self._connection.execute(
            sa.update(mail)
            .where(_waiting(), mail.c.server == "", mail.c.next_time <= sa.func.now())
            .values(next_time=until, last_answer=why)
        )
        return postponed.rowcount

    def postpone_own(self, server: str, delays: Sequence[timedelta], why: str) -> Mapping[UUID, MailState]:
        """Lets each mail for that server that is due wait, or gives it up after so many outages."""
        return servers.postpone(self._connection, server, delays, why)

    def next_time(self, server: str = "") -> datetime | None:
        """When the next mail for a server is due; None where none waits."""
        query = sa.select(sa.func.min(mail.c.next_time)).where(_waiting(), mail.c.server == server)
        earliest: datetime | None = self._connection.execute(query).scalar_one()
        return earliest

    def neglected(self) -> Set[str]:
        """The servers for which a mail is due, or was left half sent."""
        due = sa.and_(_waiting(), mail.c.next_time <= sa.func.now())
        query = sa.select(mail.c.server).where(sa.or_(mail.c.state == "sending", due)).distinct()
        return set(self._connection.execute(query).scalars())


def _waiting() -> sa.ColumnElement[bool]:
    """To be sent, and not of a site whose mode holds it back."""
    return sa.and_(mail.c.state == "queued", sa.text(f"NOT {held_back('mail')}"))
