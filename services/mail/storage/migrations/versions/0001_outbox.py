"""The outbox: mails, their recipients, their attachments."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import BYTEA, UUID

revision = "0001"
down_revision = None

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "mail",
        sa.Column("id", UUID(as_uuid=True), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("mode", sa.Text, nullable=False),
        sa.Column("walk_in", sa.Boolean, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("ticket", sa.Text, nullable=False),
        sa.Column("copy", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_time", INSTANT, nullable=True, server_default=sa.text("now()")),
        sa.Column("last_answer", sa.Text, nullable=False, server_default=""),
        sa.Column("create_time", INSTANT, nullable=False, server_default=sa.text("now()")),
        sa.Column("send_time", INSTANT, nullable=True),
        sa.Column("server", sa.Text, nullable=False, server_default=""),
        sa.Column("outages", sa.SmallInteger, nullable=False, server_default="0"),
        sa.Column("legacy", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("masked", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.PrimaryKeyConstraint("id", name="mail_pkey"),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'uncertain', 'failed', 'abandoned')",
            name="mail_state_check",
        ),
        sa.CheckConstraint("mode IN ('normal', 'isolated', 'training')", name="mail_mode_check"),
        sa.CheckConstraint("(next_time IS NOT NULL) = (state = 'queued')", name="mail_next_time_check"),
    )
    op.create_index(
        "mail_ticket_copy_key",
        "mail",
        ["ticket", "copy"],
        unique=True,
        postgresql_where=sa.text("ticket <> '' AND mode <> 'training'"),
    )
    op.create_index("mail_due_idx", "mail", ["server", "next_time", "id"], postgresql_where=sa.text("state = 'queued'"))
    op.create_index("mail_open_idx", "mail", ["state"], postgresql_where=sa.text("state NOT IN ('sent', 'abandoned')"))
    op.create_index("mail_create_time_idx", "mail", ["create_time", "id"])
    op.create_index(
        "mail_unmasked_idx",
        "mail",
        ["create_time"],
        postgresql_where=sa.text("state IN ('sent', 'abandoned') AND NOT masked"),
    )
    op.create_table(
        "recipient",
        sa.Column("mail", UUID(as_uuid=True), nullable=False),
        sa.Column("ordinal", sa.SmallInteger, nullable=False, autoincrement=False),
        sa.Column("address", sa.Text, nullable=True),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False, server_default="pending"),
        sa.Column("answer", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("mail", "ordinal", name="recipient_pkey"),
        sa.ForeignKeyConstraint(["mail"], ["mail.id"], ondelete="CASCADE", name="recipient_mail_fkey"),
        sa.CheckConstraint("state IN ('pending', 'sent', 'uncertain', 'refused')", name="recipient_state_check"),
    )
    op.create_table(
        "attachment",
        sa.Column("mail", UUID(as_uuid=True), nullable=False),
        sa.Column("ordinal", sa.SmallInteger, nullable=False, autoincrement=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("size_bytes", sa.Integer, nullable=False),
        sa.Column("content", BYTEA, nullable=True),
        sa.PrimaryKeyConstraint("mail", "ordinal", name="attachment_pkey"),
        sa.ForeignKeyConstraint(["mail"], ["mail.id"], ondelete="CASCADE", name="attachment_mail_fkey"),
    )
    op.create_table(
        "own_server",
        sa.Column("mail", UUID(as_uuid=True), nullable=False),
        sa.Column("security", sa.Text, nullable=False),
        sa.Column("user_name", sa.Text, nullable=False),
        sa.Column("password", sa.Text, nullable=True),
        sa.Column("sender", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("mail", name="own_server_pkey"),
        sa.ForeignKeyConstraint(["mail"], ["mail.id"], ondelete="CASCADE", name="own_server_mail_fkey"),
        sa.CheckConstraint("security IN ('none', 'starttls', 'tls')", name="own_server_security_check"),
    )
    op.create_table(
        "server_lease",
        sa.Column("server", sa.Text, nullable=False),
        sa.Column("operation", UUID(as_uuid=True), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("server", name="server_lease_pkey"),
    )
    # PDFs and images are packed already; packing them again costs time and saves nothing.
    op.execute("ALTER TABLE attachment ALTER COLUMN content SET STORAGE EXTERNAL")
