"""The scheduler's tables. The migrations create them; these declarations are what the code reads."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from chassis.database import new_metadata

METADATA = new_metadata()
NOW = sa.text("now()")
INSTANT = sa.DateTime(timezone=True)
NOT_ENDED = sa.text("end_time IS NULL")

# What people edit.
task = sa.Table(
    "task",
    METADATA,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("task_type", sa.Text, nullable=False),
    sa.Column("handler", sa.Text, nullable=False),
    sa.Column("options", JSONB, nullable=False),
    sa.Column("triggers", JSONB, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("pool", sa.Text, nullable=False),
    sa.Column("notify_when", sa.Text, nullable=False),
    sa.Column("notify_principals", ARRAY(sa.Text), nullable=False),
    sa.Column("max_attempts", sa.Integer, nullable=False),
    sa.Column("initial_backoff", sa.Interval, nullable=False),
    sa.Column("attempt_timeout", sa.Interval),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW),
    sa.Column("update_time", INSTANT, nullable=False, server_default=NOW),
    sa.CheckConstraint("state IN ('enabled', 'paused', 'completed')", name="state"),
)

# When it fires next: one row a task, and the lock that serializes its verbs with the planner.
task_schedule = sa.Table(
    "task_schedule",
    METADATA,
    sa.Column("task", sa.BigInteger, sa.ForeignKey(task.c.number, ondelete="CASCADE"), primary_key=True),
    sa.Column("next_time", INSTANT),
)
sa.Index(
    "task_schedule_next_time_idx",
    task_schedule.c.next_time,
    postgresql_where=sa.text("next_time IS NOT NULL"),
)

# The proof that an instant of a task fires once.
occurrence = sa.Table(
    "occurrence",
    METADATA,
    sa.Column("task", sa.BigInteger, sa.ForeignKey(task.c.number, ondelete="CASCADE"), primary_key=True),
    sa.Column("nominal_time", INSTANT, primary_key=True),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW),
)

# A run outlives its task, so it refers to it by number only.
run = sa.Table(
    "run",
    METADATA,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("task", sa.BigInteger, nullable=False),
    sa.Column("task_title", sa.Text, nullable=False),
    sa.Column("task_type", sa.Text, nullable=False),
    sa.Column("handler", sa.Text, nullable=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("pool", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("nominal_time", INSTANT, nullable=False),
    sa.Column("manual", sa.Boolean, nullable=False),
    sa.Column("started_by", sa.Text, nullable=False),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW),
    sa.Column("start_time", INSTANT),
    sa.Column("end_time", INSTANT),
    sa.Column("operation", UUID),
    sa.Column("terms", JSONB),
    sa.Column("report", sa.Text, nullable=False, server_default=""),
    sa.Column("failure", JSONB),
    sa.Column("files", JSONB),
    sa.Column("progress", JSONB),
    sa.Column("traceparent", sa.Text, nullable=False),
    sa.CheckConstraint(
        "state IN ('pending', 'held', 'running', 'waiting', 'succeeded', 'delivered', 'spooled', 'failed',"
        " 'cancelled', 'not_executed', 'skipped')",
        name="state",
    ),
)
sa.Index("run_task_number_idx", run.c.task, run.c.number)
sa.Index(
    "run_pool_idx",
    run.c.pool,
    run.c.nominal_time,
    run.c.number,
    postgresql_where=sa.text("end_time IS NULL AND pool <> ''"),
)
sa.Index("run_unfinished_idx", run.c.task, postgresql_where=NOT_ENDED)
sa.Index("run_operation_idx", run.c.operation, postgresql_where=sa.text("operation IS NOT NULL"))

attempt = sa.Table(
    "attempt",
    METADATA,
    sa.Column("id", UUID, primary_key=True),
    sa.Column("run", sa.BigInteger, sa.ForeignKey(run.c.number, ondelete="CASCADE"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("handler", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW),
    sa.Column("end_time", INSTANT),
    sa.UniqueConstraint("run", "purpose", "number"),
    sa.CheckConstraint("purpose IN ('work', 'delivery')", name="purpose"),
    sa.CheckConstraint(
        "state IN ('starting', 'queued', 'running', 'succeeded', 'failed', 'cancelled', 'parked')", name="state"
    ),
)
sa.Index(
    "attempt_at_handler_idx",
    attempt.c.handler,
    attempt.c.create_time,
    postgresql_where=sa.text("state IN ('queued', 'running')"),
)

# One row a pool, to lock.
pool = sa.Table("pool", METADATA, sa.Column("name", sa.Text, primary_key=True))

message = sa.Table(
    "message",
    METADATA,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("principal", sa.Text, nullable=False),
    sa.Column("category", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("run", sa.BigInteger, nullable=False),
    sa.Column("error", sa.Boolean, nullable=False),
    sa.Column("read", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW),
)
sa.Index("message_principal_number_idx", message.c.principal, message.c.number)
sa.Index("message_unread_idx", message.c.principal, postgresql_where=sa.text("NOT read"))
