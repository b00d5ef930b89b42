"""Sites, tasks, their schedules, runs, attempts, pools and messages."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE site (
            name text PRIMARY KEY,
            title text NOT NULL,
            time_zone text NOT NULL,
            mode text NOT NULL CONSTRAINT site_mode_check CHECK (mode IN ('normal', 'isolated', 'training')),
            mode_version bigint NOT NULL DEFAULT 1,
            unacknowledged text[] NOT NULL DEFAULT '{}',
            handlers jsonb NOT NULL,
            delivery text NOT NULL,
            heartbeat_timeout interval,
            hold_timeout interval NOT NULL,
            heartbeat_time timestamptz,
            online boolean NOT NULL DEFAULT true,
            version integer NOT NULL DEFAULT 1,
            create_time timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute(
        """
        CREATE TABLE task (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            title text NOT NULL,
            task_type text NOT NULL,
            handler text NOT NULL,
            options jsonb NOT NULL,
            shown_options jsonb,
            schedule text NOT NULL,
            site text NOT NULL REFERENCES site,
            time_zone text NOT NULL,
            destination text NOT NULL,
            file_name text NOT NULL,
            pool text NOT NULL,
            serial boolean NOT NULL,
            overlap text NOT NULL,
            misfire text NOT NULL,
            misfire_max_runs integer NOT NULL,
            misfire_grace interval NOT NULL,
            misfire_window interval,
            jitter interval NOT NULL,
            delete_when_done boolean NOT NULL,
            system boolean NOT NULL DEFAULT false,
            notify_when text NOT NULL,
            notify_principals text[] NOT NULL,
            notify_mail boolean NOT NULL,
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
            next_time timestamptz,
            fire_time timestamptz,
            skip bigint
        ) WITH (fillfactor = 70)
        """
    )
    op.execute(
        """
        CREATE INDEX task_may_be_done_idx ON task (number)
        WHERE delete_when_done AND (state = 'completed' OR schedule LIKE '%"triggers":[]%')
        """
    )
    op.execute("CREATE INDEX task_site_idx ON task (site)")
    op.execute("CREATE INDEX task_schedule_fire_time_idx ON task_schedule (fire_time) WHERE fire_time IS NOT NULL")
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
            first_time timestamptz NOT NULL,
            occurrences bigint NOT NULL,
            occurrence boolean NOT NULL,
            reason text NOT NULL DEFAULT '',
            hold_expire_time timestamptz,
            cancelled_by text NOT NULL DEFAULT '',
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
    op.execute("CREATE UNIQUE INDEX run_occurrence_idx ON run (task, nominal_time) WHERE occurrence")
    op.execute("CREATE INDEX run_held_idx ON run (site) WHERE state = 'held'")
    op.execute("CREATE INDEX run_hold_expire_idx ON run (hold_expire_time) WHERE hold_expire_time IS NOT NULL")
    op.execute("CREATE INDEX run_ended_idx ON run (end_time) WHERE end_time IS NOT NULL")
    op.execute(
        "CREATE INDEX run_pool_idx ON run (pool, (start_time IS NULL), nominal_time, number)"
        " WHERE end_time IS NULL AND pool <> ''"
    )
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
            expire_time timestamptz,
            cancel_time timestamptz,
            hold_time timestamptz,
            lost boolean NOT NULL DEFAULT false,
            end_time timestamptz,
            UNIQUE (run, purpose, number)
        )
        """
    )
    op.execute(
        "CREATE INDEX attempt_at_handler_idx ON attempt (handler, create_time) WHERE state IN ('queued', 'running')"
    )
    op.execute(
        "CREATE INDEX attempt_expire_time_idx ON attempt (expire_time)"
        " WHERE end_time IS NULL AND expire_time IS NOT NULL"
    )
    op.execute(
        "CREATE INDEX attempt_cancel_time_idx ON attempt (cancel_time)"
        " WHERE end_time IS NULL AND cancel_time IS NOT NULL"
    )
    op.execute("CREATE INDEX attempt_hold_time_idx ON attempt (hold_time) WHERE hold_time IS NOT NULL")
    op.execute("CREATE TABLE pool (name text PRIMARY KEY)")
    op.execute(
        """
        CREATE TABLE message (
            number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            principal text NOT NULL,
            category text NOT NULL,
            subject text NOT NULL,
            body text NOT NULL,
            run bigint,
            error boolean NOT NULL,
            read boolean NOT NULL DEFAULT false,
            create_time timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute("CREATE INDEX message_principal_number_idx ON message (principal, number)")
    op.execute("CREATE INDEX message_unread_idx ON message (principal) WHERE NOT read")
    op.execute("CREATE INDEX message_create_time_idx ON message (create_time)")
    op.execute("CREATE TABLE folder (path text PRIMARY KEY, title text NOT NULL)")
