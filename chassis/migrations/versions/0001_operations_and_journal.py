"""The work engine and the journal."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE operation (
            id uuid PRIMARY KEY,
            kind text NOT NULL,
            lane text NOT NULL,
            site text NOT NULL CONSTRAINT operation_site_check CHECK (site <> ''),
            mode text NOT NULL DEFAULT 'normal' CONSTRAINT operation_mode_check
                CHECK (mode IN ('normal', 'isolated', 'training')),
            priority smallint NOT NULL,
            state text NOT NULL CONSTRAINT operation_state_check
                CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'parked')),
            ready boolean NOT NULL,
            request jsonb NOT NULL,
            context jsonb,
            caller text NOT NULL,
            traceparent text NOT NULL,
            attempts integer NOT NULL DEFAULT 0,
            deaths integer NOT NULL DEFAULT 0,
            epoch integer NOT NULL DEFAULT 0,
            worker uuid,
            checkpoint jsonb,
            outcome jsonb,
            error jsonb,
            create_time timestamptz NOT NULL DEFAULT now(),
            next_attempt_time timestamptz NOT NULL DEFAULT now(),
            hold_time timestamptz,
            expire_time timestamptz,
            start_time timestamptz,
            end_time timestamptz
        ) WITH (fillfactor = 70)
        """
    )
    op.execute(
        "COMMENT ON COLUMN operation.priority IS 'lower goes first';"
        "COMMENT ON COLUMN operation.mode IS 'of its site when it was asked for';"
        "COMMENT ON COLUMN operation.ready IS 'false while it is held back or not due';"
        "COMMENT ON COLUMN operation.hold_time IS 'since when its site, in another mode than normal, holds it back';"
        "COMMENT ON COLUMN operation.attempts IS 'tries begun, deaths not counted';"
        "COMMENT ON COLUMN operation.deaths IS 'processes that died with it';"
        "COMMENT ON COLUMN operation.epoch IS 'the fence: one more per claim';"
        "COMMENT ON COLUMN operation.worker IS 'the process that holds it';"
        "COMMENT ON COLUMN operation.checkpoint IS 'where its next try goes on';"
        "COMMENT ON COLUMN operation.expire_time IS 'when it must have ended; moved on by the time it was held back'"
    )
    op.execute(
        "CREATE INDEX operation_claim_idx ON operation (lane, priority, site, next_attempt_time)"
        " WHERE state = 'queued' AND ready"
    )
    op.execute(
        "CREATE INDEX operation_delayed_idx ON operation (next_attempt_time)"
        " WHERE state = 'queued' AND NOT ready AND hold_time IS NULL"
    )
    op.execute(
        "CREATE INDEX operation_held_back_idx ON operation (site, lane)"
        " WHERE state = 'queued' AND hold_time IS NOT NULL"
    )
    op.execute(
        "CREATE INDEX operation_suspect_idx ON operation (lane) WHERE state = 'queued' AND ready AND deaths >= 2"
    )
    op.execute("CREATE INDEX operation_queued_kind_idx ON operation (kind, next_attempt_time) WHERE state = 'queued'")
    op.execute(
        "CREATE INDEX operation_expire_idx ON operation (expire_time)"
        " WHERE end_time IS NULL AND expire_time IS NOT NULL"
    )
    op.execute("CREATE INDEX operation_running_idx ON operation (worker) WHERE state = 'running'")
    op.execute("CREATE INDEX operation_ended_idx ON operation (end_time) WHERE end_time IS NOT NULL")
    op.execute(
        """
        CREATE TABLE operation_progress (
            operation uuid PRIMARY KEY,
            done bigint NOT NULL,
            total bigint NOT NULL,
            text text NOT NULL,
            update_time timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute(
        """
        CREATE TABLE operation_cancel (
            operation uuid PRIMARY KEY,
            reason text NOT NULL,
            create_time timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute("COMMENT ON COLUMN operation_cancel.operation IS 'need not exist yet: then this is its tombstone'")
    op.execute("CREATE INDEX operation_cancel_create_time_idx ON operation_cancel (create_time)")
    op.execute(
        """
        CREATE TABLE site_mode (
            site text PRIMARY KEY,
            mode text NOT NULL CONSTRAINT site_mode_mode_check CHECK (mode IN ('normal', 'isolated', 'training')),
            version bigint NOT NULL,
            update_time timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN site_mode.site IS 'one without a row is in normal mode';"
        "COMMENT ON COLUMN site_mode.version IS 'the scheduler''s; an older one changes nothing'"
    )
    op.execute(
        """
        CREATE TABLE worker (
            id uuid PRIMARY KEY,
            application_name text NOT NULL,
            host text NOT NULL,
            pid integer NOT NULL,
            start_time timestamptz NOT NULL DEFAULT now(),
            heartbeat_time timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute("COMMENT ON COLUMN worker.application_name IS 'of its database sessions'")
    op.execute(
        """
        CREATE TABLE request_result (
            caller text NOT NULL,
            method text NOT NULL,
            request_id uuid NOT NULL,
            body_hash bytea NOT NULL,
            response bytea,
            create_time timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (caller, method, request_id)
        )
        """
    )
    op.execute("COMMENT ON COLUMN request_result.body_hash IS 'SHA-256 of the request'")
    op.execute("CREATE INDEX request_result_create_time_idx ON request_result (create_time)")
    op.execute(
        """
        CREATE TABLE journal_entry (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            xid bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
            create_time timestamptz NOT NULL DEFAULT now(),
            journal text NOT NULL,
            level text NOT NULL CONSTRAINT journal_entry_level_check
                CHECK (level IN ('information', 'warning', 'error')),
            source text NOT NULL,
            user_name text NOT NULL,
            peer text NOT NULL,
            correlation text NOT NULL,
            text text NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX journal_entry_xid_number_idx ON journal_entry (xid, number)")
    op.execute("CREATE INDEX journal_entry_correlation_number_idx ON journal_entry (correlation, number)")
    op.execute("CREATE INDEX journal_entry_journal_create_time_idx ON journal_entry (journal, create_time)")
