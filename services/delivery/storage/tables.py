"""Delivery's tables. The migrations create them; these declarations are what the code reads."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from chassis.database import new_metadata

METADATA = new_metadata()

NOW = sa.text("now()")
INSTANT = sa.DateTime(timezone=True)

destination = sa.Table(
    "destination",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("display_name", sa.Text, nullable=False),
    sa.Column("protocol", sa.Text, nullable=False),
    sa.Column("method", JSONB, nullable=False, comment="where it is, without its secrets"),
    sa.Column("secrets", sa.Text, comment="encrypted with the key ring"),
    sa.Column("transfer", JSONB, nullable=False, comment="its switches"),
    sa.Column("version", sa.BigInteger, nullable=False, comment="of what people edit; shown as the etag"),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW),
    sa.Column("update_time", INSTANT, nullable=False, server_default=NOW),
    sa.CheckConstraint("protocol IN ('server-path', 'sftp', 'ftp', 'imap', 'email')", name="protocol"),
)

destination_lease = sa.Table(
    "destination_lease",
    METADATA,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("operation", UUID, nullable=False, comment="who sends there; holds only while running in this epoch"),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("take_time", INSTANT, nullable=False, server_default=NOW),
)

sending = sa.Table(
    "sending",
    METADATA,
    sa.Column("attempt", UUID, primary_key=True, comment="also the operation that sends"),
    sa.Column("task", sa.BigInteger, nullable=False),
    sa.Column("run", sa.BigInteger, nullable=False, unique=True, comment="a run is sealed once"),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("files", sa.ARRAY(UUID), nullable=False, comment="the manifest"),
    sa.Column("file_count", sa.Integer, nullable=False, comment="as first answered; repeats answer the same"),
    sa.Column("nominal_time", INSTANT, nullable=False),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW),
)

spool_file = sa.Table(
    "spool_file",
    METADATA,
    sa.Column("id", UUID, primary_key=True, comment="also its name on disk"),
    sa.Column("attempt", UUID, nullable=False),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    sa.Column("ordinal", sa.Integer, nullable=False),
    sa.Column("task", sa.BigInteger, nullable=False),
    sa.Column("run", sa.BigInteger, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False, comment="at the far end"),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("destination", sa.Text, comment="null while provisional"),
    sa.Column("nominal_time", INSTANT, comment="of the run; older runs go first"),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0", comment="tries; names the temporary file"),
    sa.Column("tried", sa.Integer, nullable=False, server_default="0", comment="failed tries since sealed or rejoined"),
    sa.Column("swept", sa.Integer, nullable=False, server_default="0", comment="temporaries up to this try are gone"),
    sa.Column("place", sa.Text, comment="where a renaming is recorded, as a digest; null where none is"),
    sa.Column("target_name", sa.Text, comment="at the far end, where it could not have its own; null: its own"),
    sa.Column(
        "written", sa.BigInteger, nullable=False, server_default="0", comment="bytes that the last try left there"
    ),
    sa.Column("written_place", sa.Text, comment="where they lie, as a digest; null where none do"),
    sa.Column("mails", sa.Integer, nullable=False, server_default="0", comment="messages that were refused"),
    sa.Column("unspooled", sa.Boolean, nullable=False, server_default=sa.false(), comment="sent past the spool"),
    sa.Column("failure", JSONB, comment="why the last try failed: reason and facts"),
    sa.Column("next_attempt_time", INSTANT),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW),
    sa.Column("seal_time", INSTANT),
    sa.Column("deliver_time", INSTANT),
    sa.UniqueConstraint("attempt", "ordinal"),
    sa.CheckConstraint(
        "state IN ('PROVISIONAL', 'SEALED', 'SENDING', 'RENAMING', 'DELIVERED', 'PARKED', 'DISCARDED')", name="state"
    ),
    sa.CheckConstraint("state IN ('PROVISIONAL', 'DISCARDED') OR destination IS NOT NULL", name="sealed_for"),
    sa.CheckConstraint("state <> 'RENAMING' OR place IS NOT NULL", name="renaming_place"),
)
sa.Index("spool_file_create_time_idx", spool_file.c.create_time, spool_file.c.id)
sa.Index("spool_file_task_idx", spool_file.c.task, spool_file.c.create_time, spool_file.c.id)
sa.Index("spool_file_run_idx", spool_file.c.run)
sa.Index(
    "spool_file_waiting_idx",
    spool_file.c.task,
    spool_file.c.destination,
    postgresql_where=sa.text("state IN ('SEALED', 'SENDING', 'RENAMING', 'PARKED')"),
)
sa.Index(
    "spool_file_delivered_idx",
    spool_file.c.destination,
    spool_file.c.deliver_time,
    postgresql_where=sa.text("state = 'DELIVERED'"),
)
# Temporaries that no try will remove any more: the next sending to their destination does.
sa.Index(
    "spool_file_litter_idx",
    spool_file.c.destination,
    postgresql_where=sa.text("state = 'DISCARDED' AND attempts > swept"),
)
sa.Index(
    "spool_file_ended_idx",
    spool_file.c.create_time,
    postgresql_where=sa.text("state IN ('DELIVERED', 'DISCARDED')"),
)
sa.Index(
    "spool_file_unsent_idx",
    spool_file.c.state,
    spool_file.c.create_time,
    spool_file.c.id,
    postgresql_where=sa.text("state NOT IN ('DELIVERED', 'DISCARDED')"),
)
sa.Index("sending_create_time_idx", sending.c.create_time)

delivery = sa.Table(
    "delivery",
    METADATA,
    sa.Column("number", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("file", sa.ForeignKey("spool_file.id", ondelete="CASCADE", onupdate="CASCADE"), nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, comment="the file's how-manieth try"),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="UNDER_WAY"),
    sa.Column("failure", JSONB, comment="why it failed: reason and facts"),
    sa.Column("resumed_offset", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW),
    sa.Column("end_time", INSTANT),
    sa.UniqueConstraint("file", "attempt"),
    sa.CheckConstraint("state IN ('UNDER_WAY', 'DELIVERED', 'FAILED', 'BROKEN_OFF')", name="state"),
    sa.CheckConstraint("(end_time IS NULL) = (state = 'UNDER_WAY')", name="end_time"),
)
sa.Index("delivery_create_time_idx", delivery.c.create_time, delivery.c.number)
sa.Index("delivery_destination_idx", delivery.c.destination, delivery.c.number)

fetched_file = sa.Table(
    "fetched_file",
    METADATA,
    sa.Column("id", UUID, primary_key=True, comment="of destination, name and content"),
    # Another destination that gets its id later has fetched nothing.
    sa.Column("destination", sa.ForeignKey("destination.id", ondelete="CASCADE"), nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("source_key", sa.Text, nullable=False, comment="what it was when it was listed: place, size and time"),
    sa.Column("size_bytes", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("commit_time", INSTANT, nullable=False, server_default=NOW, comment="when its consumer had it committed"),
    sa.Column("seen_time", INSTANT, nullable=False, server_default=NOW, comment="when it was last found at its source"),
)
sa.Index("fetched_file_content_idx", fetched_file.c.destination, fetched_file.c.sha256)
sa.Index("fetched_file_key_idx", fetched_file.c.destination, fetched_file.c.source_key)
sa.Index("fetched_file_seen_time_idx", fetched_file.c.seen_time)
