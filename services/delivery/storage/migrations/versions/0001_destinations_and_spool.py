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
            protocol text NOT NULL CONSTRAINT destination_protocol_check
                CHECK (protocol IN ('server-path', 'sftp', 'ftp', 'imap', 'email')),
            method jsonb NOT NULL,
            secrets text,
            transfer jsonb NOT NULL,
            version bigint NOT NULL,
            create_time timestamptz NOT NULL DEFAULT now(),
            update_time timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN destination.method IS 'where it is, without its secrets';"
        "COMMENT ON COLUMN destination.secrets IS 'encrypted with the key ring';"
        "COMMENT ON COLUMN destination.transfer IS 'its switches';"
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
            target_name text,
            written bigint NOT NULL DEFAULT 0,
            written_place text,
            mails integer NOT NULL DEFAULT 0,
            unspooled boolean NOT NULL DEFAULT false,
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
        "COMMENT ON COLUMN spool_file.target_name IS"
        " 'at the far end, where it could not have its own; null: its own';"
        "COMMENT ON COLUMN spool_file.written IS 'bytes that the last try left there';"
        "COMMENT ON COLUMN spool_file.written_place IS 'where they lie, as a digest; null where none do';"
        "COMMENT ON COLUMN spool_file.mails IS 'messages that were refused';"
        "COMMENT ON COLUMN spool_file.unspooled IS 'sent past the spool';"
        "COMMENT ON COLUMN spool_file.failure IS 'why the last try failed: reason and facts'"
    )
    op.execute("CREATE INDEX spool_file_create_time_idx ON spool_file (create_time, id)")
    op.execute("CREATE INDEX spool_file_task_idx ON spool_file (task, create_time, id)")
    op.execute("CREATE INDEX spool_file_run_idx ON spool_file (run)")
    op.execute(
        "CREATE INDEX spool_file_waiting_idx ON spool_file (task, destination)"
        " WHERE state IN ('SEALED', 'SENDING', 'RENAMING', 'PARKED')"
    )
    op.execute(
        "CREATE INDEX spool_file_delivered_idx ON spool_file (destination, deliver_time) WHERE state = 'DELIVERED'"
    )
    op.execute(
        "CREATE INDEX spool_file_litter_idx ON spool_file (destination) WHERE state = 'DISCARDED' AND attempts > swept"
    )
    op.execute(
        "CREATE INDEX spool_file_ended_idx ON spool_file (create_time) WHERE state IN ('DELIVERED', 'DISCARDED')"
    )
    op.execute(
        "CREATE INDEX spool_file_unsent_idx ON spool_file (state, create_time, id)"
        " WHERE state NOT IN ('DELIVERED', 'DISCARDED')"
    )
    op.execute("CREATE INDEX sending_create_time_idx ON sending (create_time)")
    op.execute(
        """
        CREATE TABLE delivery (
            number bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
            file uuid NOT NULL REFERENCES spool_file (id) ON DELETE CASCADE ON UPDATE CASCADE,
            attempt integer NOT NULL,
            destination text NOT NULL,
            state text NOT NULL DEFAULT 'UNDER_WAY' CONSTRAINT delivery_state_check
                CHECK (state IN ('UNDER_WAY', 'DELIVERED', 'FAILED', 'BROKEN_OFF')),
            failure jsonb,
            resumed_offset bigint NOT NULL DEFAULT 0,
            create_time timestamptz NOT NULL DEFAULT now(),
            end_time timestamptz,
            UNIQUE (file, attempt),
            CONSTRAINT delivery_end_time_check CHECK ((end_time IS NULL) = (state = 'UNDER_WAY'))
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN delivery.attempt IS 'the file''s how-manieth try';"
        "COMMENT ON COLUMN delivery.failure IS 'why it failed: reason and facts'"
    )
    op.execute("CREATE INDEX delivery_create_time_idx ON delivery (create_time, number)")
    op.execute("CREATE INDEX delivery_destination_idx ON delivery (destination, number)")
    op.execute(
        """
        CREATE TABLE fetched_file (
            id uuid PRIMARY KEY,
            destination text NOT NULL REFERENCES destination (id) ON DELETE CASCADE,
            file_name text NOT NULL,
            source_key text NOT NULL,
            size_bytes bigint NOT NULL,
            sha256 text NOT NULL,
            commit_time timestamptz NOT NULL DEFAULT now(),
            seen_time timestamptz NOT NULL DEFAULT now()
        )
        """
    )
    op.execute(
        "COMMENT ON COLUMN fetched_file.id IS 'of destination, name and content';"
        "COMMENT ON COLUMN fetched_file.source_key IS 'what it was when it was listed: place, size and time';"
        "COMMENT ON COLUMN fetched_file.commit_time IS 'when its consumer had it committed';"
        "COMMENT ON COLUMN fetched_file.seen_time IS 'when it was last found at its source'"
    )
    op.execute("CREATE INDEX fetched_file_content_idx ON fetched_file (destination, sha256)")
    op.execute("CREATE INDEX fetched_file_key_idx ON fetched_file (destination, source_key)")
    op.execute("CREATE INDEX fetched_file_seen_time_idx ON fetched_file (seen_time)")


def downgrade() -> None:
    op.execute("DROP TABLE fetched_file, delivery, spool_file, sending, destination_lease, destination")
