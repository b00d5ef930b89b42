"""The scheduler's tables. The migrations create them; these declarations are what the code reads."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID

from chassis.database import new_metadata

METADATA = new_metadata()
NOW = sa.text("now()")
INSTANT = sa.DateTime(timezone=True)
NOT_ENDED = sa.text("end_time IS NULL")

# Where tasks belong and run. `online` is as a planner last saw it.
site = sa.Table(
    "site",
    METADATA,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("mode", sa.Text, nullable=False),
    sa.Column("mode_version", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("unacknowledged", ARRAY(sa.Text), nullable=False, server_default="{}"),  # not told its mode
    sa.Column("handlers", JSONB, nullable=False),  # its own, name to address
    sa.Column("delivery", sa.Text, nullable=False),  # address of its own; empty: the central one
    sa.Column("heartbeat_timeout", sa.Interval),  # null: always online
    sa.Column("hold_timeout", sa.Interval, nullable=False),
    sa.Column("heartbeat_time", INSTANT),
    sa.Column("online", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("version", sa.Integer, nullable=False, server_default="1"),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW),
    sa.CheckConstraint("mode IN ('normal', 'isolated', 'training')", name="mode"),
)

# What people edit.
task = sa.Table(
    "task",
    METADATA,
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("task_type", sa.Text, nullable=False),
    sa.Column("handler", sa.Text, nullable=False),
    sa.Column("options", JSONB, nullable=False),
    sa.Column("shown_options", JSONB(none_as_null=True)),  # less their secrets; null: they hold none
    sa.Column("schedule", sa.Text, nullable=False),  # canonical JSON, read by the domain
    sa.Column("site", sa.Text, sa.ForeignKey(site.c.name), nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("pool", sa.Text, nullable=False),
    sa.Column("serial", sa.Boolean, nullable=False),  # without a pool, its runs wait in one of its own
    sa.Column("overlap", sa.Text, nullable=False),
    sa.Column("misfire", sa.Text, nullable=False),
    sa.Column("misfire_max_runs", sa.Integer, nullable=False),
    sa.Column("misfire_grace", sa.Interval, nullable=False),
    sa.Column("misfire_window", sa.Interval),
    sa.Column("jitter", sa.Interval, nullable=False),
    sa.Column("delete_when_done", sa.Boolean, nullable=False),
    sa.Column("system", sa.Boolean, nullable=False, server_default=sa.false()),  # made by the scheduler itself
    sa.Column("notify_when", sa.Text, nullable=False),
    sa.Column("notify_principals", ARRAY(sa.Text), nullable=False),
    sa.Column("notify_mail", sa.Boolean, nullable=False),
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

#: Tasks that are to go once they are done; those that still have instants to come are not looked at.
MAY_BE_DONE = "delete_when_done AND (state = 'completed' OR schedule LIKE '%\"triggers\":[]%')"
sa.Index("task_may_be_done_idx", task.c.number, postgresql_where=sa.text(MAY_BE_DONE))
sa.Index("task_site_idx", task.c.site)

# When it fires next: one row a task, and the lock that serializes its verbs with the planner.
task_schedule = sa.Table(
    "task_schedule",
    METADATA,
    sa.Column("task", sa.BigInteger, sa.ForeignKey(task.c.number, ondelete="CASCADE"), primary_key=True),
    sa.Column("next_time", INSTANT),  # the next instant; kept while paused: the first one missed
    sa.Column("fire_time", INSTANT),  # when it is due: next_time and its jitter; null while it does not fire
    sa.Column("skip", sa.BigInteger),  # the SKIPPED run that the next skip for the same reason joins
)
sa.Index(
    "task_schedule_fire_time_idx",
    task_schedule.c.fire_time,
    postgresql_where=sa.text("fire_time IS NOT NULL"),
)

# A run outlives its task, so it refers to it by number only. `occurrence` marks the one that an instant of a task
# brought: the unique index is the proof that it fires once.
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
    sa.Column("first_time", INSTANT, nullable=False),  # of the instants it stands for, the first
    sa.Column("occurrences", sa.BigInteger, nullable=False),  # how many instants it stands for
    sa.Column("occurrence", sa.Boolean, nullable=False),  # an instant's own run: not by hand, not skipped
    sa.Column("reason", sa.Text, nullable=False, server_default=""),  # why it is held or skipped
    sa.Column("hold_expire_time", INSTANT),  # held for a site that is offline: until then
    sa.Column("cancelled_by", sa.Text, nullable=False, server_default=""),  # who asked for its end
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
sa.Index("run_occurrence_idx", run.c.task, run.c.nominal_time, unique=True, postgresql_where=sa.text("occurrence"))
sa.Index("run_held_idx", run.c.site, postgresql_where=sa.text("state = 'held'"))
sa.Index("run_hold_expire_idx", run.c.hold_expire_time, postgresql_where=sa.text("hold_expire_time IS NOT NULL"))
sa.Index("run_ended_idx", run.c.end_time, postgresql_where=sa.text("end_time IS NOT NULL"))
sa.Index(
    "run_pool_idx",
    run.c.pool,
    sa.text("(start_time IS NULL)"),
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
    sa.Column("expire_time", INSTANT),  # when it must have ended
    sa.Column("cancel_time", INSTANT),  # when its end was asked for
    sa.Column("hold_time", INSTANT),  # since when its run is held, which no deadline counts
    sa.Column("lost", sa.Boolean, nullable=False, server_default=sa.false()),  # told: its handler is not known
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
sa.Index(
    "attempt_expire_time_idx",
    attempt.c.expire_time,
    postgresql_where=sa.text("end_time IS NULL AND expire_time IS NOT NULL"),
)
sa.Index(
    "attempt_cancel_time_idx",
    attempt.c.cancel_time,
    postgresql_where=sa.text("end_time IS NULL AND cancel_time IS NOT NULL"),
)
sa.Index("attempt_hold_time_idx", attempt.c.hold_time, postgresql_where=sa.text("hold_time IS NOT NULL"))

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
    sa.Column("run", sa.BigInteger),  # null: it tells of none
    sa.Column("error", sa.Boolean, nullable=False),
    sa.Column("read", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW),
)
sa.Index("message_principal_number_idx", message.c.principal, message.c.number)
sa.Index("message_create_time_idx", message.c.create_time)
sa.Index("message_unread_idx", message.c.principal, postgresql_where=sa.text("NOT read"))

# Titles that people gave to folders of the catalogue.
folder = sa.Table(
    "folder",
    METADATA,
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
)
