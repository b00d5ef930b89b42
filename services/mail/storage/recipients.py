"""What the outbox keeps of whom a mail goes to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from chassis.database import copy_rows
from services.mail.domain.address import parse_address
from services.mail.domain.delivery import Settlement
from services.mail.domain.mail import DueMail, NewMail, Recipient
from services.mail.domain.states import RecipientState
from services.mail.storage.sealing import Sealer, unsealed
from services.mail.storage.tables import mail, recipient

SETTLE = sa.text(
    """
    UPDATE recipient SET state = new.state, answer = new.answer
    FROM unnest(CAST(:ordinals AS smallint[]), CAST(:states AS text[]), CAST(:answers AS text[]))
        AS new(ordinal, state, answer)
    WHERE recipient.mail = :mail AND recipient.ordinal = new.ordinal
    """
)


def add(connection: sa.Connection, sealer: Sealer, mails: Iterable[NewMail]) -> None:
    """Stores the recipients of these mails; a walk-in client's address encrypted, and masked for people to see."""
    copy_rows(
        connection,
        recipient.name,
        ("mail", "ordinal", "address", "shown"),
        (
            (new.id, ordinal, sealer.encrypt(str(address)), address.masked)
            if new.walk_in
            else (new.id, ordinal, str(address), str(address))
            for new in mails
            for ordinal, address in enumerate(new.recipients)
        ),
    )


def of_mails(connection: sa.Connection, sealer: Sealer, mails: Sequence[UUID]) -> Mapping[UUID, Sequence[Recipient]]:
    """The recipients of these mails, in their order."""
    found: defaultdict[UUID, list[Recipient]] = defaultdict(list)
    query = sa.select(recipient, mail.c.walk_in).join_from(recipient, mail).where(recipient.c.mail.in_(mails))
    for row in connection.execute(query.order_by(recipient.c.ordinal)) if mails else ():
        address = unsealed(sealer, row.address) if row.walk_in else row.address
        found[row.mail].append(
            Recipient(
                ordinal=row.ordinal,
                address=None if address is None else parse_address(address),
                state=RecipientState(row.state),
            )
        )
    return found


def settle(connection: sa.Connection, tried: DueMail, settlement: Settlement) -> None:
    """Writes what became of those of a try. What a walk-in client typed goes once nothing is sent there any more."""
    ordinals = {each.address: each.ordinal for each in tried.recipients}
    connection.execute(
        SETTLE,
        {
            "mail": tried.id,
            "ordinals": [ordinals[each.address] for each in settlement.recipients],
            "states": [each.state.value for each in settlement.recipients],
            "answers": [each.answer for each in settlement.recipients],
        },
    )
    if tried.walk_in:
        final = recipient.c.state != RecipientState.PENDING
        done_with = sa.true() if settlement.next_time is None else final
        connection.execute(sa.update(recipient).where(recipient.c.mail == tried.id, done_with).values(address=None))
