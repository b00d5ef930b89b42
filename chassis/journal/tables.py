"""The journal's table. `xid` orders entries by when they became visible, which their numbers do not."""

import sqlalchemy as sa

from chassis.operations.tables import INSTANT, METADATA, NOW

journal_entry = sa.Table(
    "journal_entry",
    METADATA,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("xid", sa.BigInteger, nullable=False, server_default=sa.text("(pg_current_xact_id())::text::bigint")),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW),
    sa.Column("journal", sa.Text, nullable=False),
    sa.Column("level", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("user_name", sa.Text, nullable=False),
    sa.Column("peer", sa.Text, nullable=False),
    sa.Column("correlation", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.CheckConstraint("level IN ('information', 'warning', 'error')", name="level"),
)
sa.Index("journal_entry_xid_number_idx", journal_entry.c.xid, journal_entry.c.number)
sa.Index("journal_entry_correlation_number_idx", journal_entry.c.correlation, journal_entry.c.number)
sa.Index("journal_entry_journal_create_time_idx", journal_entry.c.journal, journal_entry.c.create_time)
