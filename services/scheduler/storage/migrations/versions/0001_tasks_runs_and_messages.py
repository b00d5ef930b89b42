"""Tasks, their schedules, occurrences, runs, attempts, pools and messages."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE task (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            title text NOT NULL,
            task_type text NOT NULL,
            handler text NOT NULL,
            options jsonb NOT NULL,
            triggers jsonb NOT NULL,
            site text NOT NULL,
            time_zone text NOT NULL,
            destination text NOT NULL,
            file_name text NOT NULL,
            pool text NOT NULL,
            notify_when text NOT NULL,
            notify_principals text[] NOT NULL,
            max_attempts integer NOT NULL,
            initial_backoff interval NOT NULL,
            attempt_timeout interval,
            owner text NOT NULL,
            state text NOT NULL CONSTRAINT task_state_check CHECK (state IN ('enabled', 'paused', 'completed')),
            version integer NOT NULL DEFAULT 1,
            create_time timestamptz NOT NULL DEFAULT now(),
            update_time timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute(
        """
        CREATE TABLE task_schedule (
            task bigint PRIMARY KEY REFERENCES task ON DELETE CASCADE,
            next_time timestamptz
        ) WITH (fillfactor = 70)
        """
    )
    op.execute("CREATE INDEX task_schedule_next_time_idx ON task_schedule (next_time) WHERE next_time IS NOT NULL")
    op.execute(
        """
        CREATE TABLE occurrence (
            task bigint REFERENCES task ON DELETE CASCADE,
            nominal_time timestamptz,
            create_time timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (task, nominal_time)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE run (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            task bigint NOT NULL,
            task_title text NOT NULL,
            task_type text NOT NULL,
            handler text NOT NULL,
            site text NOT NULL,
            mode text NOT NULL,
            pool text NOT NULL,
            state text NOT NULL CONSTRAINT run_state_check
                CHECK (state IN ('pending', 'held', 'running', 'waiting', 'succeeded', 'delivered', 'spooled',
                                 'failed', 'cancelled', 'not_executed', 'skipped')),
            nominal_time timestamptz NOT NULL,
            manual boolean NOT NULL,
            started_by text NOT NULL,
            create_time timestamptz NOT NULL DEFAULT now(),
            start_time timestamptz,
            end_time timestamptz,
            operation uuid,
            terms jsonb,
            report text NOT NULL DEFAULT '',
            failure jsonb,
            files jsonb,
            progress jsonb,
            traceparent text NOT NULL
        ) WITH (fillfactor = 70)
        """
    )
    op.execute("CREATE INDEX run_task_number_idx ON run (task, number)")
    op.execute("CREATE INDEX run_pool_idx ON run (pool, nominal_time, number) WHERE end_time IS NULL AND pool <> ''")
    op.execute("CREATE INDEX run_unfinished_idx ON run (task) WHERE end_time IS NULL")
    op.execute("CREATE INDEX run_operation_idx ON run (operation) WHERE operation IS NOT NULL")
    op.execute(
        """
        CREATE TABLE attempt (
            id uuid PRIMARY KEY,
            run bigint NOT NULL REFERENCES run ON DELETE CASCADE,
            number integer NOT NULL,
            purpose text NOT NULL CONSTRAINT attempt_purpose_check CHECK (purpose IN ('work', 'delivery')),
            handler text NOT NULL,
            state text NOT NULL CONSTRAINT attempt_state_check
                CHECK (state IN ('starting', 'queued', 'running', 'succeeded', 'failed', 'cancelled', 'parked')),
            create_time timestamptz NOT NULL DEFAULT now(),
            end_time timestamptz,
            UNIQUE (run, purpose, number)
        )
        """
    )
    op.execute(
        "CREATE INDEX attempt_at_handler_idx ON attempt (handler, create_time) WHERE state IN ('queued', 'running')"
    )
    op.execute("CREATE TABLE pool (name text PRIMARY KEY)")
    op.execute(
        """
        CREATE TABLE message (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            principal text NOT NULL,
            category text NOT NULL,
            subject text NOT NULL,
            body text NOT NULL,
            run bigint NOT NULL,
            error boolean NOT NULL,
            read boolean NOT NULL DEFAULT false,
            create_time timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute("CREATE INDEX message_principal_number_idx ON message (principal, number)")
    op.execute("CREATE INDEX message_unread_idx ON message (principal) WHERE NOT read")
