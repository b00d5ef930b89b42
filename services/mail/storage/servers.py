"""What the outbox keeps of servers that somebody named for a mail, and who sends by them just now."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from chassis.addresses import Address as NetworkAddress
from chassis.database import copy_rows
from chassis.operations.holding import held_back
from services.mail.domain.address import parse_address
from services.mail.domain.mail import NewMail
from services.mail.domain.servers import OwnServer, Security
from services.mail.domain.states import MailState
from services.mail.storage.sealing import Sealer, unsealed
from services.mail.storage.tables import mail, own_server

#: A lease holds as long as the work engine says that its operation runs in its epoch: there is no second clock.
TAKE = sa.text(
    """
    INSERT INTO server_lease AS lease (server, operation, epoch) VALUES (:server, :operation, :epoch)
    ON CONFLICT (server) DO UPDATE SET operation = excluded.operation, epoch = excluded.epoch
    WHERE lease.operation = excluded.operation OR NOT EXISTS (
        SELECT FROM operation
        WHERE operation.id = lease.operation AND operation.epoch = lease.epoch AND operation.state = 'running'
    )
    RETURNING 1
    """
)
RELEASE = sa.text("DELETE FROM server_lease WHERE server = :server AND operation = :operation AND epoch = :epoch")


#: :delays holds how long a mail waits after each outage that it has seen; after the last it is given up.
POSTPONE = sa.text(
    f"""
    WITH due AS (
        SELECT id, (CAST(:delays AS interval[]))[outages + 1] AS delay FROM mail
        WHERE state = 'queued' AND NOT {held_back("mail")} AND server = :server AND next_time <= now()
        FOR UPDATE  -- what somebody gives up meanwhile stays given up
    ), given_up AS (
        UPDATE recipient SET state = 'refused', answer = :why FROM due
        WHERE recipient.mail = due.id AND delay IS NULL AND recipient.state = 'pending'
    ), forgotten AS (
        UPDATE own_server SET password = NULL FROM due WHERE own_server.mail = due.id AND delay IS NULL
    )
    UPDATE mail SET state = CASE WHEN delay IS NULL THEN 'failed' ELSE 'queued' END, next_time = now() + delay,
           outages = outages + 1, last_answer = :why
    FROM due WHERE mail.id = due.id
    RETURNING mail.id, state
    """  # noqa: S608 - made of constants
)


class Leases:
    """Servers that are being sent by, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def take(self, server: str, operation: UUID, epoch: int) -> bool:
        """Whether this operation may send by it from now on."""
        values = {"server": server, "operation": operation, "epoch": epoch}
        return self._connection.execute(TAKE, values).first() is not None

    def release(self, server: str, operation: UUID, epoch: int) -> None:
        """Lets another have it."""
        self._connection.execute(RELEASE, {"server": server, "operation": operation, "epoch": epoch})


def add(connection: sa.Connection, sealer: Sealer, mails: Iterable[NewMail]) -> None:
    """Stores the servers of those mails that have their own. What never leaves needs no password."""
    copy_rows(
        connection,
        own_server.name,
        ("mail", "security", "user_name", "password", "sender"),
        (
            (
                new.id,
                new.server.security.value,
                new.server.user_name,
                sealer.encrypt(new.server.password) if new.server.password and not new.practised else None,
                "" if new.server.sender is None else str(new.server.sender),
            )
            for new in mails
            if new.server is not None
        ),
    )


def of_mails(connection: sa.Connection, sealer: Sealer, mails: Sequence[UUID]) -> dict[UUID, OwnServer]:
    """The servers of those mails that have their own."""
    if not mails:
        return {}
    query = sa.select(own_server, mail.c.server).join_from(own_server, mail).where(own_server.c.mail.in_(mails))
    found = {}
    for row in connection.execute(query):
        where = NetworkAddress.parse(row.server)
        found[row.mail] = OwnServer(
            host=where.host,
            port=where.port,
            security=Security(row.security),
            user_name=row.user_name,
            password=unsealed(sealer, row.password) if row.user_name else "",
            sender=parse_address(row.sender) if row.sender else None,
        )
    return found


def forget_password(connection: sa.Connection, identifier: UUID) -> None:
    """Erases the password of a mail that is not sent again by itself."""
    connection.execute(sa.update(own_server).where(own_server.c.mail == identifier).values(password=None))


def postpone(connection: sa.Connection, server: str, delays: Sequence[timedelta], why: str) -> Mapping[UUID, MailState]:
    """Lets each mail for that server that is due wait, or gives it up after so many outages."""
    values = {"server": server, "delays": list(delays), "why": why}
    return {row.id: MailState(row.state) for row in connection.execute(POSTPONE, values)}
