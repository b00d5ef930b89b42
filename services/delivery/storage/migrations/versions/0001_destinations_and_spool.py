"""Destinations, the spool, and what was sealed."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE destination (
            id text PRIMARY KEY,
            display_name text NOT NULL,
            protocol text NOT NULL CONSTRAINT destination_protocol_check CHECK (protocol IN ('server-path', 'sftp')),
            folder text NOT NULL,
            host text,
            port integer,
            user_name text,
            host_key text,
            password text,
            private_key text,
            passphrase text,
            version bigint NOT NULL,
            create_time timestamptz NOT NULL DEFAULT now(),
            update_time timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN destination.password IS 'encrypted with the key ring, as are the next two';"
        "COMMENT ON COLUMN destination.version IS 'of what people edit; shown as the etag'"
    )
    op.execute(
        """
        CREATE TABLE destination_lease (
            destination text PRIMARY KEY,
            operation uuid NOT NULL,
            epoch bigint NOT NULL,
            take_time timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN destination_lease.operation IS 'who sends there; holds only while running in this epoch'"
    )
    op.execute(
        """
        CREATE TABLE sending (
            attempt uuid PRIMARY KEY,
            task bigint NOT NULL,
            run bigint NOT NULL UNIQUE,
            destination text NOT NULL,
            files uuid[] NOT NULL,
            file_count integer NOT NULL,
            nominal_time timestamptz NOT NULL,
            create_time timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN sending.attempt IS 'also the operation that sends';"
        "COMMENT ON COLUMN sending.run IS 'a run is sealed once';"
        "COMMENT ON COLUMN sending.files IS 'the manifest';"
        "COMMENT ON COLUMN sending.file_count IS 'as first answered; repeats answer the same'"
    )
    op.execute(
        """
        CREATE TABLE spool_file (
            id uuid PRIMARY KEY,
            attempt uuid NOT NULL,
            epoch bigint NOT NULL,
            ordinal integer NOT NULL,
            task bigint NOT NULL,
            run bigint NOT NULL,
            site text NOT NULL,
            mode text NOT NULL,
            file_name text NOT NULL,
            size_bytes bigint NOT NULL,
            sha256 text NOT NULL,
            state text NOT NULL CONSTRAINT spool_file_state_check CHECK (state IN
                ('PROVISIONAL', 'SEALED', 'SENDING', 'RENAMING', 'DELIVERED', 'PARKED', 'DISCARDED')),
            destination text,
            nominal_time timestamptz,
            attempts integer NOT NULL DEFAULT 0,
            tried integer NOT NULL DEFAULT 0,
            swept integer NOT NULL DEFAULT 0,
            place text,
            failure jsonb,
            next_attempt_time timestamptz,
            create_time timestamptz NOT NULL DEFAULT now(),
            seal_time timestamptz,
            deliver_time timestamptz,
            UNIQUE (attempt, ordinal),
            CONSTRAINT spool_file_sealed_for_check
                CHECK (state IN ('PROVISIONAL', 'DISCARDED') OR destination IS NOT NULL),
            CONSTRAINT spool_file_renaming_place_check CHECK (state <> 'RENAMING' OR place IS NOT NULL)
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN spool_file.id IS 'also its name on disk';"
        "COMMENT ON COLUMN spool_file.file_name IS 'at the far end';"
        "COMMENT ON COLUMN spool_file.destination IS 'null while provisional';"
        "COMMENT ON COLUMN spool_file.nominal_time IS 'of the run; older runs go first';"
        "COMMENT ON COLUMN spool_file.attempts IS 'tries; names the temporary file';"
        "COMMENT ON COLUMN spool_file.tried IS 'failed tries since sealed or rejoined';"
        "COMMENT ON COLUMN spool_file.swept IS 'temporaries up to this try are gone';"
        "COMMENT ON COLUMN spool_file.place IS 'where a renaming is recorded, as a digest; null where none is';"
        "COMMENT ON COLUMN spool_file.failure IS 'why the last try failed: reason and facts'"
    )
    op.execute("CREATE INDEX spool_file_create_time_idx ON spool_file (create_time, id)")
    op.execute("CREATE INDEX spool_file_run_idx ON spool_file (run)")
    op.execute(
        "CREATE INDEX spool_file_waiting_idx ON spool_file (task, destination)"
        " WHERE state IN ('SEALED', 'SENDING', 'RENAMING', 'PARKED')"
    )
    op.execute(
        "CREATE INDEX spool_file_delivered_idx ON spool_file (destination, deliver_time) WHERE state = 'DELIVERED'"
    )


def downgrade() -> None:
    op.execute("DROP TABLE spool_file, sending, destination_lease, destination")
