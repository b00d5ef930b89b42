"""The tables of clients. The migrations create them; these declarations are what the code reads.

Every table is keyed by the client's code, which never changes. A client has one card at most, so the card
stands in the client's own row. Tables in which many rows are changed at once are filled to a half only, so that a
changed row stays on its page and no index is touched.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

from chassis.database import new_metadata

METADATA = new_metadata()

INSTANT = sa.DateTime(timezone=True)
NOW = sa.text("now()")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _client() -> sa.Column[str]:
    return sa.Column("client", sa.Text, sa.ForeignKey("client.code", ondelete="CASCADE"), primary_key=True)


client = sa.Table(
    "client",
    METADATA,
    sa.Column("code", sa.Text, primary_key=True),
    _text("title"),
    _text("family_name"),
    _text("store"),  # the linked one; empty where none is
    _text("criterion1"),
    _text("criterion2"),
    _text("criterion3"),
    # Null where there is no card; then the other columns of the card are null too.
    sa.Column("card_number", sa.Text),
    sa.Column("card_type", sa.Text),
    sa.Column("card_article_count", sa.BigInteger),
    sa.Column("card_point_count", sa.BigInteger),
    sa.Column("card_visit_count", sa.BigInteger),
    sa.Column("card_total", sa.Numeric),
    sa.Column("card_gift_amount", sa.Numeric),
    sa.Column("card_currency", sa.Text),
    sa.Column("card_bonus_count", sa.BigInteger),
    sa.Column("card_valid_until", sa.Date),
    # Of all that was imported, but the store. Whoever changes such a fact otherwise empties it.
    sa.Column("content_hash", BYTEA, nullable=False),
    # Counts changes of what people edit.
    sa.Column("revision", sa.BigInteger, nullable=False, server_default="1"),
    sa.Column("create_time", INSTANT, nullable=False, server_default=NOW),
    sa.Column("update_time", INSTANT, nullable=False, server_default=NOW),
)
sa.Index("client_card_number_idx", client.c.card_number)

member = sa.Table(
    "member",
    METADATA,
    _client(),
    sa.Column("position", sa.SmallInteger, primary_key=True),  # from 0, the main contact
    _text("given_name"),
    _text("phone"),
    _text("mobile"),
    _text("email"),
    sa.Column("birth_date", sa.Date),
)

BILLING = "billing"
DELIVERY = "delivery"

address = sa.Table(
    "address",
    METADATA,
    _client(),
    sa.Column("kind", sa.Text, primary_key=True),
    _text("line1"),
    _text("line2"),
    _text("line3"),
    _text("postcode"),
    _text("city"),
    _text("country"),
    _text("email"),
    sa.CheckConstraint("kind IN ('billing', 'delivery')", name="kind"),
)

# The last word on each option, out of consent_history.
consent = sa.Table(
    "consent",
    METADATA,
    _client(),
    sa.Column("option", sa.Text, primary_key=True),
    sa.Column("granted", sa.Boolean, nullable=False),
    _text("source"),
    sa.Column("consent_time", INSTANT, nullable=False),
    _text("text_version"),
)

# Every word ever said, with its proof; a trigger refuses to change or remove any.
consent_history = sa.Table(
    "consent_history",
    METADATA,
    sa.Column("client", sa.Text, sa.ForeignKey("client.code"), primary_key=True),
    sa.Column("option", sa.Text, primary_key=True),
    sa.Column("consent_time", INSTANT, primary_key=True),
    sa.Column("granted", sa.Boolean, primary_key=True),
    _text("source"),
    _text("text_version"),
    sa.Column("record_time", INSTANT, nullable=False, server_default=NOW),
)

# How far purchases have been read, for each choice of stores; no stores means all.
purchase_reading = sa.Table(
    "purchase_reading",
    METADATA,
    sa.Column("stores", ARRAY(sa.Text), primary_key=True),
    sa.Column("read_time", INSTANT, nullable=False),
)
