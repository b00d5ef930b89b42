"""Clients with members, addresses, cards and consents, and how far purchases have been read."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE client (
            code text PRIMARY KEY,
            title text NOT NULL,
            family_name text NOT NULL,
            store text NOT NULL,
            criterion1 text NOT NULL,
            criterion2 text NOT NULL,
            criterion3 text NOT NULL,
            card_number text,
            card_type text,
            card_article_count bigint,
            card_point_count bigint,
            card_visit_count bigint,
            card_total numeric,
            card_gift_amount numeric,
            card_currency text,
            card_bonus_count bigint,
            card_valid_until date,
            content_hash bytea NOT NULL,
            revision bigint NOT NULL DEFAULT 1,
            create_time timestamptz NOT NULL DEFAULT now(),
            update_time timestamptz NOT NULL DEFAULT now()
        ) WITH (fillfactor = 50)
        """
    )
    op.execute("CREATE INDEX client_card_number_idx ON client (card_number)")
    op.execute(
        """
        CREATE TABLE member (
            client text NOT NULL REFERENCES client ON DELETE CASCADE,
            position smallint NOT NULL,
            given_name text NOT NULL,
            phone text NOT NULL,
            mobile text NOT NULL,
            email text NOT NULL,
            birth_date date,
            PRIMARY KEY (client, position)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE address (
            client text NOT NULL REFERENCES client ON DELETE CASCADE,
            kind text NOT NULL CHECK (kind IN ('billing', 'delivery')),
            line1 text NOT NULL,
            line2 text NOT NULL,
            line3 text NOT NULL,
            postcode text NOT NULL,
            city text NOT NULL,
            country text NOT NULL,
            email text NOT NULL,
            PRIMARY KEY (client, kind)
        ) WITH (fillfactor = 50)
        """
    )
    op.execute(
        """
        CREATE TABLE consent (
            client text NOT NULL REFERENCES client ON DELETE CASCADE,
            option text NOT NULL,
            granted boolean NOT NULL,
            source text NOT NULL,
            consent_time timestamptz NOT NULL,
            text_version text NOT NULL,
            PRIMARY KEY (client, option)
        ) WITH (fillfactor = 50)
        """
    )
    op.execute(
        """
        CREATE TABLE consent_history (
            client text NOT NULL REFERENCES client,
            option text NOT NULL,
            consent_time timestamptz NOT NULL,
            granted boolean NOT NULL,
            source text NOT NULL,
            text_version text NOT NULL,
            record_time timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (client, option, consent_time, granted)
        )
        """
    )
    op.execute(
        """
        CREATE FUNCTION refuse_to_change_history() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'consent_history is added to, never changed';
        END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER consent_history_is_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON consent_history"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_history()"
    )
    op.execute("CREATE TABLE purchase_reading (stores text[] PRIMARY KEY, read_time timestamptz NOT NULL)")


def downgrade() -> None:
    op.execute("DROP TABLE purchase_reading, consent_history, consent, address, member, client")
    op.execute("DROP FUNCTION refuse_to_change_history()")
