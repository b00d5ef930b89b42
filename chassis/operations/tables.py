"""The work engine's tables. The migrations create them; these declarations are what the code reads."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, UUID

from chassis.database import new_metadata

METADATA = new_metadata()

NOW = sa.text("now()")
INSTANT = sa.DateTime(timezone=True)

operation = sa.Table(
    "operation",
    METADATA,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False, server_default="normal", comment="of its site when it was asked for"),
    sa.Column("priority", sa.SmallInteger, nullable=False, comment="lower goes first"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("ready", sa.Boolean, nullable=False, comment="false while it is held back or not due"),
    sa.Column("request", JSONB, nullable=False),
    sa.Column("context", JSONB),
    sa.Column("caller", sa.Text, nullable=False),
    sa.Column("traceparent", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0", comment="tries begun, deaths not counted"),
    sa.Column("deaths", sa.Integer, nullable=False, server_default="0", comment="processes that died with it"),
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0", comment="the fence: one more per claim"),
    sa.Column("worker", UUID, comment="the process that holds it"),
    sa.Column("checkpoint", JSONB, comment="where its next try goes on"),
    sa.Column("outcome", JSONB),
    sa.Column("error", JSONB),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW),
    sa.Column("next_attempt_time", INSTANT, nullable=False, server_default=NOW),
    sa.Column("hold_time", INSTANT, comment="since when its site, in another mode than normal, holds it back"),
    sa.Column("expire_time", INSTANT, comment="when it must have ended; moved on by the time it was held back"),
    sa.Column("start_time", INSTANT),
    sa.Column("end_time", INSTANT),
    sa.CheckConstraint("state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'parked')", name="state"),
    sa.CheckConstraint("mode IN ('normal', 'isolated', 'training')", name="mode"),
    sa.CheckConstraint("site <> ''", name="site"),  # lanes walk the sites upwards from the empty name
)
sa.Index(
    "operation_claim_idx",
    operation.c.lane,
    operation.c.priority,
    operation.c.site,
    operation.c.next_attempt_time,
    postgresql_where=sa.text("state = 'queued' AND ready"),
)
sa.Index(
    "operation_delayed_idx",
    operation.c.next_attempt_time,
    postgresql_where=sa.text("state = 'queued' AND NOT ready AND hold_time IS NULL"),
)
sa.Index(
    "operation_held_back_idx",
    operation.c.site,
    operation.c.lane,
    postgresql_where=sa.text("state = 'queued' AND hold_time IS NOT NULL"),
)
sa.Index(
    "operation_suspect_idx",
    operation.c.lane,
    postgresql_where=sa.text("state = 'queued' AND ready AND deaths >= 2"),
)
sa.Index(
    "operation_queued_kind_idx",
    operation.c.kind,
    operation.c.next_attempt_time,
    postgresql_where=sa.text("state = 'queued'"),
)
sa.Index(
    "operation_expire_idx",
    operation.c.expire_time,
    postgresql_where=sa.text("end_time IS NULL AND expire_time IS NOT NULL"),
)
sa.Index("operation_running_idx", operation.c.worker, postgresql_where=sa.text("state = 'running'"))
sa.Index("operation_ended_idx", operation.c.end_time, postgresql_where=sa.text("end_time IS NOT NULL"))

operation_progress = sa.Table(
    "operation_progress",
    METADATA,
    sa.Column("operation", UUID, primary_key=True),
    sa.Column("done", sa.BigInteger, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("update_time", INSTANT, nullable=False, server_default=NOW),
)

operation_cancel = sa.Table(
    "operation_cancel",
    METADATA,
    sa.Column("operation", UUID, primary_key=True, comment="need not exist yet: then this is its tombstone"),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW, index=True),
)

site_mode = sa.Table(
    "site_mode",
    METADATA,
    sa.Column("site", sa.Text, primary_key=True, comment="one without a row is in normal mode"),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False, comment="the scheduler's; an older one changes nothing"),
    sa.Column("update_time", INSTANT, nullable=False, server_default=NOW),
    sa.CheckConstraint("mode IN ('normal', 'isolated', 'training')", name="mode"),
)

worker = sa.Table(
    "worker",
    METADATA,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("application_name", sa.Text, nullable=False, comment="of its database sessions"),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("pid", sa.Integer, nullable=False),
    sa.Column("start_time", INSTANT, nullable=False, server_default=NOW),
    sa.Column("heartbeat_time", INSTANT, nullable=False, server_default=NOW),
)

request_result = sa.Table(
    "request_result",
    METADATA,
    sa.Column("caller", sa.Text, primary_key=True),
    sa.Column("method", sa.Text, primary_key=True),
    sa.Column("request_id", UUID, primary_key=True),
    sa.Column("body_hash", sa.LargeBinary, nullable=False, comment="SHA-256 of the request"),
    sa.Column("response", sa.LargeBinary),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW),
)
sa.Index("request_result_create_time_idx", request_result.c.create_time)
