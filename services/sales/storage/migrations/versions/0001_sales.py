"""Catalogue, stock, vouchers, tickets, sales days and what became of each line."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CATALOGUE = """
CREATE TABLE legal_entity (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text NOT NULL, currency text NOT NULL,
    UNIQUE (code, currency));
CREATE TABLE store (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text NOT NULL UNIQUE,
    display_name text NOT NULL,
    legal_entity_id integer NOT NULL REFERENCES legal_entity, voucher_prefix text NOT NULL UNIQUE);
CREATE TABLE voucher_prefix (prefix text PRIMARY KEY, last_number integer NOT NULL DEFAULT 0);
CREATE TABLE supplier (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text NOT NULL UNIQUE,
    display_name text NOT NULL,
    defectives_policy text NOT NULL);
CREATE TABLE brand (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text NOT NULL UNIQUE,
    display_name text NOT NULL);
CREATE TABLE brand_supplier (
    brand_id integer NOT NULL REFERENCES brand, supplier_id integer NOT NULL REFERENCES supplier,
    PRIMARY KEY (brand_id, supplier_id));
CREATE TABLE model (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text NOT NULL UNIQUE,
    display_name text NOT NULL,
    brand_id integer NOT NULL REFERENCES brand, family text NOT NULL, subfamily text NOT NULL,
    collection text NOT NULL,
    vat_rate numeric(6, 3) NOT NULL, stocked boolean NOT NULL, content_hash bytea NOT NULL);
CREATE TABLE item (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code text NOT NULL UNIQUE,
    model_id integer NOT NULL REFERENCES model, colour text NOT NULL, size text NOT NULL);
CREATE INDEX ON item (model_id);
CREATE TABLE kit_component (
    model_id integer NOT NULL REFERENCES model, item_id integer NOT NULL REFERENCES item,
    quantity numeric(16, 3) NOT NULL, PRIMARY KEY (model_id, item_id));
"""

# Rows that are updated in place leave room on their page, so that no index has to follow.
STOCK = """
CREATE TABLE model_cost (
    legal_entity_id integer NOT NULL, model_id integer NOT NULL,
    quantity numeric(16, 3) NOT NULL, value numeric(24, 4) NOT NULL, cost numeric(20, 6) NOT NULL,
    PRIMARY KEY (legal_entity_id, model_id)) WITH (fillfactor = 50);
CREATE TABLE stock_level (
    store_id integer NOT NULL, item_id integer NOT NULL,
    quantity numeric(16, 3) NOT NULL CONSTRAINT stock_level_quantity_check CHECK (quantity >= 0),
    PRIMARY KEY (store_id, item_id)) WITH (fillfactor = 50);
CREATE INDEX ON stock_level (item_id);
CREATE TABLE voucher (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, prefix text NOT NULL, number integer NOT NULL,
    type text NOT NULL,
    store_id integer NOT NULL REFERENCES store, donor_store_id integer REFERENCES store,
    supplier_id integer REFERENCES supplier,
    collection text NOT NULL, business_date date NOT NULL, quantity numeric(16, 3) NOT NULL,
    value numeric(24, 4) NOT NULL,
    currency text NOT NULL, line_count integer NOT NULL, operation_id uuid,
    create_time timestamptz NOT NULL DEFAULT now(), UNIQUE (prefix, number));
CREATE INDEX ON voucher (create_time);
CREATE UNIQUE INDEX voucher_operation_idx
    ON voucher (operation_id, type, store_id, donor_store_id, supplier_id, business_date, collection)
    NULLS NOT DISTINCT WHERE operation_id IS NOT NULL;
CREATE TABLE voucher_line (
    voucher_id bigint NOT NULL, number integer NOT NULL,
    item_id integer NOT NULL,
    quantity numeric(16, 3) NOT NULL, unit_cost numeric(20, 6) NOT NULL, value numeric(24, 4) NOT NULL,
    receipt_id text,
    PRIMARY KEY (voucher_id, number));
CREATE UNIQUE INDEX voucher_line_receipt_idx ON voucher_line (receipt_id) WHERE receipt_id IS NOT NULL;
"""

TICKETS = """
CREATE TABLE ticket (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, store_id integer NOT NULL REFERENCES store,
    register integer NOT NULL, number bigint NOT NULL, business_date date NOT NULL,
    close_time timestamptz NOT NULL,
    client text NOT NULL, cashier text NOT NULL, total numeric(18, 4) NOT NULL, currency text NOT NULL,
    signature text NOT NULL, line_count integer NOT NULL, content_hash bytea NOT NULL,
    state text NOT NULL DEFAULT 'recorded', record_time timestamptz NOT NULL DEFAULT now(),
    UNIQUE (store_id, register, number)) WITH (fillfactor = 80);
CREATE INDEX ON ticket (store_id, business_date, register);
CREATE INDEX ON ticket (close_time);
CREATE INDEX ON ticket (record_time);
CREATE INDEX ticket_client_idx ON ticket (client, close_time) WHERE client <> '';
CREATE INDEX ticket_pending_idx ON ticket (store_id, state) WHERE state <> 'validated';
CREATE TABLE ticket_line (
    ticket_id bigint NOT NULL REFERENCES ticket, number integer NOT NULL, item text NOT NULL,
    label text NOT NULL,
    quantity numeric(16, 3) NOT NULL, amount numeric(18, 4) NOT NULL, discount numeric(18, 4) NOT NULL,
    vat_rate numeric(6, 3) NOT NULL, returned_ticket text NOT NULL, defective boolean NOT NULL,
    PRIMARY KEY (ticket_id, number));
CREATE INDEX ON ticket_line (item);
CREATE INDEX ticket_line_return_idx ON ticket_line (item) WHERE quantity < 0;
CREATE INDEX ticket_line_defective_idx ON ticket_line (ticket_id) WHERE defective;
CREATE TABLE payment (
    ticket_id bigint NOT NULL REFERENCES ticket, number integer NOT NULL, means text NOT NULL,
    amount numeric(18, 4) NOT NULL, PRIMARY KEY (ticket_id, number));
CREATE TABLE sales_day (
    business_date date NOT NULL, store_id integer NOT NULL REFERENCES store, register integer NOT NULL,
    state text NOT NULL,
    ticket_count integer NOT NULL, error_count integer NOT NULL,
    PRIMARY KEY (business_date, store_id, register)) WITH (fillfactor = 50);
CREATE INDEX sales_day_pending_idx ON sales_day (store_id) WHERE state IN ('open', 'in_error');
"""

POSTING = """
CREATE TABLE line_posting (
    ticket_id bigint NOT NULL, number integer NOT NULL, item_id integer, posted boolean NOT NULL,
    problem text,
    subfamily text, operation_id uuid, PRIMARY KEY (ticket_id, number),
    CONSTRAINT line_posting_problem_check CHECK (posted = (problem IS NULL))) WITH (fillfactor = 90);
CREATE INDEX line_posting_pending_idx ON line_posting (item_id) WHERE NOT posted;
CREATE TABLE stock_movement (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, store_id integer NOT NULL, item_id integer NOT NULL,
    quantity numeric(16, 3) NOT NULL, value numeric(24, 4) NOT NULL, unit_cost numeric(20, 6) NOT NULL,
    business_date date NOT NULL, ticket_id bigint, ticket_line integer, voucher_id bigint, voucher_line integer,
    record_time timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT stock_movement_source_check CHECK (num_nonnulls(ticket_id, voucher_id) = 1));
CREATE UNIQUE INDEX stock_movement_line_idx ON stock_movement (ticket_id,
    ticket_line) WHERE ticket_id IS NOT NULL;
CREATE INDEX stock_movement_voucher_idx ON stock_movement (voucher_id,
    voucher_line) WHERE voucher_id IS NOT NULL;
CREATE TABLE correction_day (
    operation_id uuid NOT NULL, business_date date NOT NULL, store_id integer NOT NULL,
    register integer NOT NULL,
    in_error boolean NOT NULL, PRIMARY KEY (operation_id, business_date, store_id, register));
CREATE TABLE defective_treatment (
    ticket_id bigint NOT NULL, number integer NOT NULL, voucher_id bigint NOT NULL REFERENCES voucher,
    PRIMARY KEY (ticket_id, number), FOREIGN KEY (ticket_id, number) REFERENCES ticket_line);
CREATE TABLE activation (feature text PRIMARY KEY, since timestamptz NOT NULL);
INSERT INTO activation (feature, since) VALUES ('defectives', now());
"""

# What was recorded is never edited: corrections are layers on top.
RECORDED = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only added to; correct by a layer on top', TG_TABLE_NAME;
END $$;
"""


def upgrade() -> None:
    """Adds everything."""
    for part in (CATALOGUE, STOCK, TICKETS, POSTING, RECORDED):
        op.execute(part)
    for table in ("ticket_line", "payment", "stock_movement"):
        op.execute(
            f"CREATE TRIGGER {table}_recorded BEFORE UPDATE OR DELETE ON {table} EXECUTE FUNCTION refuse_change()"
        )
