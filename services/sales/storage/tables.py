"""The facts of sales as tables: what was told is only ever added to (triggers refuse the rest); what we make of it
stands beside it, in `line_posting`. Big tables have few foreign keys: checking them costs more than the rows."""

import sqlalchemy as sa

from chassis.database import new_metadata
from services.sales.storage.columns import AMOUNT, COST, PERCENT, QUANTITY, VALUE, code, key, part, ref, text

metadata = new_metadata()

#: A legal entity in one currency: the stores among which goods move, and the holder of the PAMP. Whoever
#: moves stock locks its row first: one transaction at a time, and plans made under the lock are true.
legal_entity = sa.Table(
    "legal_entity",
    metadata,
    key(),
    text("code"),
    text("currency"),  # ISO 4217
    sa.UniqueConstraint("code", "currency"),
)

store = sa.Table(
    "store",
    metadata,
    key(),
    code(),
    text("display_name"),
    ref("legal_entity_id", "legal_entity.id"),
    sa.Column("voucher_prefix", sa.Text, nullable=False, unique=True),
)

#: Last number given in a prefix; its row stays locked until the vouchers that took numbers are committed.
voucher_prefix = sa.Table(
    "voucher_prefix",
    metadata,
    sa.Column("prefix", sa.Text, primary_key=True),
    sa.Column("last_number", sa.Integer, nullable=False, server_default="0"),
)

supplier = sa.Table(
    "supplier",
    metadata,
    key(),
    code(),
    text("display_name"),
    text("defectives_policy"),  # DefectivesPolicy
)

brand = sa.Table("brand", metadata, key(), code(), text("display_name"))

brand_supplier = sa.Table(
    "brand_supplier",
    metadata,
    part("brand_id", "brand.id"),
    part("supplier_id", "supplier.id"),
)

model = sa.Table(
    "model",
    metadata,
    key(),
    code(),
    text("display_name"),
    ref("brand_id", "brand.id"),
    text("family"),
    text("subfamily"),
    text("collection"),
    sa.Column("vat_rate", PERCENT, nullable=False),
    sa.Column("stocked", sa.Boolean, nullable=False),  # fuel and services are not
    sa.Column("content_hash", sa.LargeBinary, nullable=False),  # of the model with its items and components
)

item = sa.Table(
    "item",
    metadata,
    key(),
    code(),  # as registers read it
    ref("model_id", "model.id"),
    text("colour"),
    text("size"),
    sa.Index(None, "model_id"),
)

kit_component = sa.Table(
    "kit_component",
    metadata,
    part("model_id", "model.id"),  # the kit
    part("item_id", "item.id"),
    sa.Column("quantity", QUANTITY, nullable=False),  # units in one kit, > 0
)

#: What a legal entity holds of a model, and at which PAMP.
model_cost = sa.Table(
    "model_cost",
    metadata,
    sa.Column("legal_entity_id", sa.Integer, primary_key=True),
    sa.Column("model_id", sa.Integer, primary_key=True),
    sa.Column("quantity", QUANTITY, nullable=False),
    sa.Column("value", VALUE, nullable=False),
    sa.Column("cost", COST, nullable=False),  # the PAMP
)

stock_level = sa.Table(
    "stock_level",
    metadata,
    sa.Column("store_id", sa.Integer, primary_key=True),
    sa.Column("item_id", sa.Integer, primary_key=True),
    sa.Column("quantity", QUANTITY, nullable=False),
    sa.CheckConstraint("quantity >= 0", name="quantity"),
    sa.Index(None, "item_id"),
)

voucher = sa.Table(
    "voucher",
    metadata,
    key(wide=True),
    text("prefix"),
    sa.Column("number", sa.Integer, nullable=False),
    text("type"),  # VoucherType
    ref("store_id", "store.id"),
    ref("donor_store_id", "store.id", nullable=True),
    ref("supplier_id", "supplier.id", nullable=True),
    text("collection"),
    sa.Column("business_date", sa.Date, nullable=False),
    sa.Column("quantity", QUANTITY, nullable=False),  # signed as it changes the store's stock
    sa.Column("value", VALUE, nullable=False),  # at PAMP
    text("currency"),
    sa.Column("line_count", sa.Integer, nullable=False),
    sa.Column("operation_id", sa.Uuid),  # that made it; none for receipts
    sa.Column("create_time", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.UniqueConstraint("prefix", "number"),
    sa.Index(None, "create_time"),
    # An operation in chunks finds its voucher again and adds to it.
    sa.Index(
        "voucher_operation_idx",
        *("operation_id", "type", "store_id", "donor_store_id", "supplier_id", "business_date", "collection"),
        unique=True,
        postgresql_where=sa.text("operation_id IS NOT NULL"),
        postgresql_nulls_not_distinct=True,
    ),
)

voucher_line = sa.Table(
    "voucher_line",
    metadata,
    sa.Column("voucher_id", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("item_id", sa.Integer, nullable=False),
    sa.Column("quantity", QUANTITY, nullable=False),  # signed as it changes the voucher's store
    sa.Column("unit_cost", COST, nullable=False),  # of a receipt: what was paid; else the PAMP
    sa.Column("value", VALUE, nullable=False),
    sa.Column("receipt_id", sa.Text),  # the sender's, of a receipt
    sa.Index(
        "voucher_line_receipt_idx",
        "receipt_id",
        unique=True,
        postgresql_where=sa.text("receipt_id IS NOT NULL"),
    ),
)

ticket = sa.Table(
    "ticket",
    metadata,
    key(wide=True),
    ref("store_id", "store.id"),
    sa.Column("register", sa.Integer, nullable=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("business_date", sa.Date, nullable=False),
    sa.Column("close_time", sa.DateTime(timezone=True), nullable=False),
    text("client"),  # empty for a walk-in client
    text("cashier"),
    sa.Column("total", AMOUNT, nullable=False),
    text("currency"),  # of every amount of the ticket
    text("signature"),
    sa.Column("line_count", sa.Integer, nullable=False),
    sa.Column("content_hash", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.Text, nullable=False, server_default="recorded"),  # TicketState; ours, not the register's
    sa.Column("record_time", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.UniqueConstraint("store_id", "register", "number"),
    sa.Index(None, "store_id", "business_date", "register"),
    sa.Index(None, "close_time"),
    sa.Index(None, "record_time"),
    sa.Index("ticket_client_idx", "client", "close_time", postgresql_where=sa.text("client <> ''")),
    sa.Index("ticket_pending_idx", "store_id", "state", postgresql_where=sa.text("state <> 'validated'")),
)

ticket_line = sa.Table(
    "ticket_line",
    metadata,
    part("ticket_id", "ticket.id", wide=True),
    sa.Column("number", sa.Integer, primary_key=True),  # in the register's order, from 1
    text("item"),  # the code as the register read it
    text("label"),
    sa.Column("quantity", QUANTITY, nullable=False),  # negative for a return
    sa.Column("amount", AMOUNT, nullable=False),
    sa.Column("discount", AMOUNT, nullable=False),
    sa.Column("vat_rate", PERCENT, nullable=False),
    text("returned_ticket"),  # the ticket's name, or empty
    sa.Column("defective", sa.Boolean, nullable=False),
    sa.Index(None, "item"),
    sa.Index("ticket_line_return_idx", "item", postgresql_where=sa.text("quantity < 0")),
    sa.Index("ticket_line_defective_idx", "ticket_id", postgresql_where=sa.text("defective")),
)

payment = sa.Table(
    "payment",
    metadata,
    part("ticket_id", "ticket.id", wide=True),
    sa.Column("number", sa.Integer, primary_key=True),  # in the register's order, from 1
    text("means"),
    sa.Column("amount", AMOUNT, nullable=False),
)

#: What became of a line: the layer over the register's words. No row: not tried yet.
line_posting = sa.Table(
    "line_posting",
    metadata,
    sa.Column("ticket_id", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("item_id", sa.Integer),  # what the code meant when it was tried; none for an unknown code
    sa.Column("posted", sa.Boolean, nullable=False),
    sa.Column("problem", sa.Text),  # LineProblem, of a line that is not posted
    sa.Column("subfamily", sa.Text),  # that took a sale of an unknown code
    sa.Column("operation_id", sa.Uuid),  # correction that posted it; none where posting did
    sa.CheckConstraint("posted = (problem IS NULL)", name="problem"),
    sa.Index("line_posting_pending_idx", "item_id", postgresql_where=sa.text("NOT posted")),
)

#: Every unit that ever moved, by a line or by a voucher. A line moves stock once.
stock_movement = sa.Table(
    "stock_movement",
    metadata,
    key(wide=True),
    sa.Column("store_id", sa.Integer, nullable=False),
    sa.Column("item_id", sa.Integer, nullable=False),
    sa.Column("quantity", QUANTITY, nullable=False),  # signed as it changes the store's stock
    sa.Column("value", VALUE, nullable=False),  # signed likewise
    sa.Column("unit_cost", COST, nullable=False),  # before the value was rounded: what a return comes back at
    sa.Column("business_date", sa.Date, nullable=False),
    sa.Column("ticket_id", sa.BigInteger),
    sa.Column("ticket_line", sa.Integer),
    sa.Column("voucher_id", sa.BigInteger),
    sa.Column("voucher_line", sa.Integer),
    sa.Column("record_time", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.CheckConstraint("num_nonnulls(ticket_id, voucher_id) = 1", name="source"),
    sa.Index(
        "stock_movement_line_idx",
        "ticket_id",
        "ticket_line",
        unique=True,
        postgresql_where=sa.text("ticket_id IS NOT NULL"),
    ),
    sa.Index(
        "stock_movement_voucher_idx",
        "voucher_id",
        "voucher_line",
        postgresql_where=sa.text("voucher_id IS NOT NULL"),
    ),
)

sales_day = sa.Table(
    "sales_day",
    metadata,
    sa.Column("business_date", sa.Date, primary_key=True),
    part("store_id", "store.id"),
    sa.Column("register", sa.Integer, primary_key=True),
    text("state"),  # DayState
    sa.Column("ticket_count", sa.Integer, nullable=False),
    sa.Column("error_count", sa.Integer, nullable=False),
    sa.Index("sales_day_pending_idx", "store_id", postgresql_where=sa.text("state IN ('open', 'in_error')")),
)

#: Days that a correction looked at, so that its report stands whatever comes after.
correction_day = sa.Table(
    "correction_day",
    metadata,
    sa.Column("operation_id", sa.Uuid, primary_key=True),
    sa.Column("business_date", sa.Date, primary_key=True),
    sa.Column("store_id", sa.Integer, primary_key=True),
    sa.Column("register", sa.Integer, primary_key=True),
    sa.Column("in_error", sa.Boolean, nullable=False),  # once what could be posted was posted
)

#: Defective lines that were taken out of stock: each once.
defective_treatment = sa.Table(
    "defective_treatment",
    metadata,
    sa.Column("ticket_id", sa.BigInteger, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    ref("voucher_id", "voucher.id", wide=True),
    sa.ForeignKeyConstraint(["ticket_id", "number"], ["ticket_line.ticket_id", "ticket_line.number"]),
)

#: Since when a feature treats what it finds.
activation = sa.Table(
    "activation",
    metadata,
    sa.Column("feature", sa.Text, primary_key=True),
    sa.Column("since", sa.DateTime(timezone=True), nullable=False),
)
