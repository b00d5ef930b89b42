"""Imported clients on their way into the tables: COPY beside them, one upsert, then the parts of each."""

from collections.abc import Sequence

import sqlalchemy as sa

from chassis.database import copy_rows
from services.clients.domain.client import Client, ImportCount
from services.clients.storage.rows import (
    ADDRESS_COLUMNS,
    CLIENT_COLUMNS,
    CONSENT_COLUMNS,
    MEMBER_COLUMNS,
    ClientRows,
    rows_of,
)

_COLUMNS = ", ".join(CLIENT_COLUMNS)
_FACTS = ", ".join(f"{column} = excluded.{column}" for column in CLIENT_COLUMNS if column not in ("code", "store"))

# Empty tables of the same columns; they are gone with the transaction.
STAGE_CLIENTS = sa.text(
    f"CREATE TEMPORARY TABLE incoming_client ON COMMIT DROP AS SELECT {_COLUMNS} FROM client WITH NO DATA"  # noqa: S608 - our own names
)
STAGE_CONSENTS = sa.text(
    "CREATE TEMPORARY TABLE incoming_consent ON COMMIT DROP AS"
    " SELECT client, option, granted, source, consent_time, text_version FROM consent WITH NO DATA"
)
# An import that names no store leaves the linked one: the nightly task has found it and would not look again.
UPSERT_CLIENTS = sa.text(
    f"""
    INSERT INTO client AS kept ({_COLUMNS}) SELECT {_COLUMNS} FROM incoming_client ORDER BY code
    ON CONFLICT (code) DO UPDATE SET
        {_FACTS}, store = CASE WHEN excluded.store = '' THEN kept.store ELSE excluded.store END,
        revision = kept.revision + 1, update_time = now()
    WHERE kept.content_hash <> excluded.content_hash OR excluded.store NOT IN ('', kept.store)
    RETURNING kept.code, old.code IS NULL AS created
    """  # noqa: S608 - our own names
)
FORGET_MEMBERS = sa.text("DELETE FROM member WHERE client = ANY(:clients)")
FORGET_ADDRESSES = sa.text("DELETE FROM address WHERE client = ANY(:clients)")
ADD_TO_HISTORY = sa.text(
    """
    INSERT INTO consent_history (client, option, granted, source, consent_time, text_version)
    SELECT client, option, granted, source, consent_time, text_version FROM incoming_consent
    ON CONFLICT (client, option, consent_time, granted) DO NOTHING
    """
)
# As domain.consent.last_words: the latest counts, of two at one instant the withdrawal.
KEEP_LAST_WORDS = sa.text(
    """
    INSERT INTO consent AS kept (client, option, granted, source, consent_time, text_version)
    SELECT DISTINCT ON (client, option) client, option, granted, source, consent_time, text_version
    FROM incoming_consent ORDER BY client, option, consent_time DESC, granted
    ON CONFLICT (client, option) DO UPDATE SET
        granted = excluded.granted, source = excluded.source, consent_time = excluded.consent_time,
        text_version = excluded.text_version
    WHERE (excluded.consent_time, NOT excluded.granted) > (kept.consent_time, NOT kept.granted)
    """
)


def import_clients(connection: sa.Connection, clients: Sequence[Client]) -> ImportCount:
    """Keeps the clients, each code once among them; what is there already as it comes is not touched."""
    rows = [rows_of(client) for client in clients]
    connection.execute(STAGE_CLIENTS)
    copy_rows(connection, "incoming_client", CLIENT_COLUMNS, (each.client for each in rows))
    written: dict[str, bool] = {row.code: row.created for row in connection.execute(UPSERT_CLIENTS)}
    connection.execute(sa.text("DROP TABLE incoming_client"))
    changed = sorted(code for code, created in written.items() if not created)
    if changed:
        connection.execute(FORGET_MEMBERS, {"clients": changed})
        connection.execute(FORGET_ADDRESSES, {"clients": changed})
    if written:
        _add_parts(connection, [each for each in rows if each.client[0] in written])
    return ImportCount(created=len(written) - len(changed), changed=len(changed), unchanged=len(clients) - len(written))


def _add_parts(connection: sa.Connection, rows: Sequence[ClientRows]) -> None:
    """Writes members, addresses, and what the clients said, which is only ever added to."""
    copy_rows(connection, "member", MEMBER_COLUMNS, (row for each in rows for row in each.members))
    copy_rows(connection, "address", ADDRESS_COLUMNS, (row for each in rows for row in each.addresses))
    consents = [row for each in rows for row in each.consents]
    if consents:
        connection.execute(STAGE_CONSENTS)
        copy_rows(connection, "incoming_consent", CONSENT_COLUMNS, consents)
        connection.execute(ADD_TO_HISTORY)
        connection.execute(KEEP_LAST_WORDS)
        connection.execute(sa.text("DROP TABLE incoming_consent"))
