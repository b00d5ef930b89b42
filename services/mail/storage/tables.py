"""The outbox's tables. What a mail says never changes once stored; its state, tries and answers do."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import BYTEA, UUID

from chassis.database import new_metadata

METADATA = new_metadata()
INSTANT = sa.DateTime(timezone=True)

mail = sa.Table(
    "mail",
    METADATA,
    sa.Column("id", UUID(as_uuid=True), primary_key=True),
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
    sa.Column("server", sa.Text, nullable=False, server_default=""),  # host:port; empty: mail's own
    sa.Column("outages", sa.SmallInteger, nullable=False, server_default="0"),  # of that server, while this waited
    sa.Column("legacy", sa.Boolean, nullable=False, server_default=sa.false()),  # went by the legacy settings
    sa.Column("masked", sa.Boolean, nullable=False, server_default=sa.false()),  # whom it went to is forgotten
    sa.CheckConstraint("state IN ('queued', 'sending', 'sent', 'uncertain', 'failed', 'abandoned')", name="state"),
    sa.CheckConstraint("mode IN ('normal', 'isolated', 'training')", name="mode"),
    sa.CheckConstraint("(next_time IS NOT NULL) = (state = 'queued')", name="next_time"),
)
# The proof that no ticket is mailed twice as the same copy, whoever asks and however often.
sa.Index(
    "mail_ticket_copy_key",
    mail.c.ticket,
    mail.c.copy,
    unique=True,
    postgresql_where=sa.and_(mail.c.ticket != "", mail.c.mode != "training"),
)
sa.Index(
    "mail_due_idx",
    mail.c.server,
    mail.c.next_time,
    mail.c.id,
    postgresql_where=mail.c.state == "queued",
)
sa.Index("mail_open_idx", mail.c.state, postgresql_where=mail.c.state.not_in(["sent", "abandoned"]))
sa.Index("mail_create_time_idx", mail.c.create_time, mail.c.id)
sa.Index(
    "mail_unmasked_idx",
    mail.c.create_time,
    postgresql_where=sa.and_(mail.c.state.in_(["sent", "abandoned"]), sa.not_(mail.c.masked)),
)

recipient = sa.Table(
    "recipient",
    METADATA,
    sa.Column("mail", sa.ForeignKey("mail.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("ordinal", sa.SmallInteger, primary_key=True),
    # A walk-in client's is encrypted while it waits, and gone once nothing is to be sent to it.
    sa.Column("address", sa.Text, nullable=True),
    sa.Column("shown", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="pending"),
    sa.Column("answer", sa.Text, nullable=False, server_default=""),
    sa.CheckConstraint("state IN ('pending', 'sent', 'uncertain', 'refused')", name="state"),
)

attachment = sa.Table(
    "attachment",
    METADATA,
    sa.Column("mail", sa.ForeignKey("mail.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("ordinal", sa.SmallInteger, primary_key=True),
    sa.Column("file_name", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("size_bytes", sa.Integer, nullable=False),
    sa.Column("content", BYTEA, nullable=True),  # gone once the mail is SENT or given up
)

# The rest of the server that somebody named for a mail. The password is encrypted, and gone once the mail has left.
own_server = sa.Table(
    "own_server",
    METADATA,
    sa.Column("mail", sa.ForeignKey("mail.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("security", sa.Text, nullable=False),
    sa.Column("user_name", sa.Text, nullable=False),
    sa.Column("password", sa.Text, nullable=True),
    sa.Column("sender", sa.Text, nullable=False),
    sa.CheckConstraint("security IN ('none', 'starttls', 'tls')", name="security"),
)

# Who sends by such a server just now; none who is no longer running in that epoch.
server_lease = sa.Table(
    "server_lease",
    METADATA,
    sa.Column("server", sa.Text, primary_key=True),
    sa.Column("operation", UUID(as_uuid=True), nullable=False),
    sa.Column("epoch", sa.Integer, nullable=False),
)
