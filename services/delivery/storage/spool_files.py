"""Files of the spool on their way out."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from chassis.listing import Listing, ListQuery, enum, instant, named, text
from chassis.operations.holding import held_back
from services.delivery.domain.failing import FailedTry
from services.delivery.domain.spool import TRAINING, FileState, SpoolFile
from services.delivery.storage.rows import file_from_row, is_among, stored_failure
from services.delivery.storage.tables import spool_file

ON_ITS_WAY = ("SEALED", "SENDING", "RENAMING")
LISTING = Listing(
    fields={
        "create_time": instant(spool_file.c.create_time),
        "state": enum(spool_file.c.state, FileState),
        "task": named(spool_file.c.task, "tasks/{number}"),
        "run": named(spool_file.c.run, "runs/{number}"),
        "destination": named(spool_file.c.destination, "destinations/{id}"),
        "site": text(spool_file.c.site),
        "file_name": text(spool_file.c.file_name),
    },
    default_order="create_time",
    key=spool_file.c.id,
)
HELD = sa.text(
    f"SELECT id FROM spool_file WHERE id = ANY(CAST(:ids AS uuid[])) AND {held_back('spool_file')}"  # noqa: S608 - constants
)
# Each move of a group is one statement, its history included. A try that nobody ended was broken off.
BEGIN = sa.text(
    """
    WITH begun AS (
        UPDATE spool_file SET state = 'SENDING', attempts = attempts + 1
        WHERE id = ANY(CAST(:ids AS uuid[])) AND state IN ('SEALED', 'SENDING')
        RETURNING *
    ), broken_off AS (
        UPDATE delivery SET state = 'BROKEN_OFF', end_time = clock_timestamp() FROM begun
        WHERE delivery.file = begun.id AND delivery.state = 'UNDER_WAY'
    ), opened AS (
        INSERT INTO delivery (file, attempt, destination)
        SELECT id, (SELECT count(*) + 1 FROM delivery WHERE file = begun.id), destination FROM begun
    )
    SELECT * FROM begun
    """
)
RECORD_WRITTEN = sa.text(
    "UPDATE spool_file SET written = :written, written_place = CASE WHEN :written > 0 THEN :place END WHERE id = :file"
)
RECORD_RESUMED = sa.text("UPDATE delivery SET resumed_offset = :offset WHERE file = :file AND state = 'UNDER_WAY'")
RECORD_RENAMING = sa.text(
    """
    UPDATE spool_file SET state = 'RENAMING', place = :place, target_name = named.target_name, swept = attempts - 1,
           written = 0, written_place = NULL
    FROM unnest(CAST(:ids AS uuid[]), CAST(:names AS text[])) AS named(file, target_name)
    WHERE spool_file.id = named.file AND state IN ('SENDING', 'RENAMING')
    RETURNING spool_file.*
    """
)
FORGET_RENAMING = sa.text(
    """
    UPDATE spool_file SET state = 'SEALED', place = NULL, target_name = NULL
    WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'RENAMING'
    RETURNING *
    """
)
# A try that did no more than repeat a renaming was not opened: it is recorded as it ends. So is one that fails before.
DELIVER = sa.text(
    """
    WITH delivered AS (
        UPDATE spool_file SET state = 'DELIVERED', deliver_time = clock_timestamp(), place = NULL, failure = NULL,
               next_attempt_time = NULL, written = 0, written_place = NULL
        WHERE id = ANY(CAST(:ids AS uuid[])) AND state IN ('SENDING', 'RENAMING')
        RETURNING *
    ), ended AS (
        UPDATE delivery SET state = 'DELIVERED', end_time = delivered.deliver_time FROM delivered
        WHERE delivery.file = delivered.id AND delivery.state = 'UNDER_WAY'
        RETURNING file
    ), recorded AS (
        INSERT INTO delivery (file, attempt, destination, state, end_time)
        SELECT id, (SELECT count(*) + 1 FROM delivery WHERE file = delivered.id), destination, 'DELIVERED', deliver_time
        FROM delivered WHERE id NOT IN (SELECT file FROM ended)
    )
    SELECT * FROM delivered
    """
)
FAIL = sa.text(
    """
    WITH failed AS (
        SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS failed(
            id uuid, state text, tried integer, next_attempt_time timestamptz, failure jsonb, place text,
            target_name text, written bigint, written_place text, mails integer)
    ), kept AS (
        UPDATE spool_file SET state = failed.state, tried = failed.tried, failure = failed.failure,
               next_attempt_time = failed.next_attempt_time, place = failed.place, target_name = failed.target_name,
               written = failed.written, written_place = failed.written_place, mails = failed.mails
        FROM failed WHERE spool_file.id = failed.id
        RETURNING spool_file.id, destination
    ), ended AS (
        UPDATE delivery SET state = 'FAILED', failure = failed.failure, end_time = clock_timestamp() FROM failed
        WHERE delivery.file = failed.id AND delivery.state = 'UNDER_WAY'
        RETURNING file
    )
    INSERT INTO delivery (file, attempt, destination, state, failure, end_time)
    SELECT kept.id, (SELECT count(*) + 1 FROM delivery WHERE file = kept.id), kept.destination, 'FAILED',
           failed.failure, clock_timestamp()
    FROM kept JOIN failed USING (id) WHERE kept.id NOT IN (SELECT file FROM ended)
    """
)


class SpoolFiles:
    """The sealed files, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def waiting(self, task: int, destination: str, *, training: bool) -> list[SpoolFile]:
        """The task's files that have still to reach the destination, or its sandbox, oldest run first."""
        query = (
            sa.select(spool_file)
            .where(
                spool_file.c.task == task,
                spool_file.c.destination == destination,
                spool_file.c.state.in_(ON_ITS_WAY),
                (spool_file.c.mode == TRAINING) == training,
                sa.not_(spool_file.c.unspooled),
            )
            .order_by(spool_file.c.nominal_time, spool_file.c.run, spool_file.c.ordinal)
        )
        return [file_from_row(row) for row in self._connection.execute(query)]

    def held_back(self, files: Iterable[UUID]) -> set[UUID]:
        """Those of these files that may not leave now: their site is not normal, and nobody sends them by hand."""
        return set(self._connection.execute(HELD, {"ids": list(files)}).scalars())

    def current(self, files: Sequence[UUID]) -> list[SpoolFile]:
        """These files as they stand now, in their order of sending; locked."""
        query = (
            sa.select(spool_file)
            .where(is_among(files))
            .order_by(spool_file.c.nominal_time, spool_file.c.run, spool_file.c.ordinal)
            .with_for_update()
        )
        return [file_from_row(row) for row in self._connection.execute(query)]

    def begin(self, files: Sequence[UUID]) -> Sequence[SpoolFile]:
        """Counts a try of each and lets it begin, in their order; without those that were given up meanwhile.

        A recorded renaming must have been resolved before.
        """
        begun = {row.id: file_from_row(row) for row in self._connection.execute(BEGIN, {"ids": list(files)})}
        return [begun[file] for file in files if file in begun]

    def record_written(self, file: UUID, written: int, place: str) -> None:
        """Says how many bytes of the present try lie there, whatever happens next; 0: none that may be built on."""
        self._connection.execute(RECORD_WRITTEN, {"file": file, "written": written, "place": place})

    def record_resumed(self, file: UUID, offset: int) -> None:
        """Says that the present try goes on where an earlier one has stopped."""
        self._connection.execute(RECORD_RESUMED, {"file": file, "offset": offset})

    def record_renaming(self, names: Mapping[UUID, str | None], place: str) -> Sequence[SpoolFile]:
        """Says, before it is asked for, that files may from now on bear their real names there, or these instead."""
        values = {"ids": list(names), "names": list(names.values()), "place": place}
        return self._moved(RECORD_RENAMING, list(names), values)

    def forget_renaming(self, files: Sequence[UUID]) -> Sequence[SpoolFile]:
        """Sends files again: what bears their names there is visibly not they, or they went to another place."""
        return self._moved(FORGET_RENAMING, files, {"ids": list(files)})

    def deliver(self, files: Sequence[UUID]) -> Sequence[SpoolFile]:
        """They have arrived."""
        return self._moved(DELIVER, files, {"ids": list(files)})

    def fail(self, tries: Sequence[FailedTry]) -> None:
        """Stores what failed tries did."""
        rows = [
            {
                "id": str(each.file),
                "state": each.state.value,
                "tried": each.tried,
                "next_attempt_time": None if each.next_attempt_time is None else each.next_attempt_time.isoformat(),
                "failure": stored_failure(each.failure),
                "place": each.place,
                "target_name": each.target_name,
                "written": each.written,
                "written_place": each.written_place,
                "mails": each.mails,
            }
            for each in tries
        ]
        self._connection.execute(FAIL, {"rows": json.dumps(rows)})

    def sealed_for(self, destination: str) -> int:
        """How many files have still to reach the destination, parked ones included."""
        query = sa.select(sa.func.count()).where(
            spool_file.c.destination == destination, spool_file.c.state.in_((*ON_ITS_WAY, "PARKED"))
        )
        count: int = self._connection.execute(query).scalar_one()
        return count

    def last_delivery(self, destination: str) -> datetime | None:
        """When a file last arrived there, not in its sandbox."""
        query = sa.select(sa.func.max(spool_file.c.deliver_time)).where(
            spool_file.c.destination == destination,
            spool_file.c.state == "DELIVERED",
            spool_file.c.mode != TRAINING,
        )
        instant_: datetime | None = self._connection.execute(query).scalar_one()
        return instant_

    def list(self, query: ListQuery) -> tuple[Sequence[SpoolFile], str]:
        """One page, and the token of the next."""
        page = LISTING.page(self._connection, sa.select(spool_file), query)
        return [file_from_row(row) for row in page.rows], page.next_page_token

    def _moved(
        self, statement: sa.TextClause, files: Sequence[UUID], values: Mapping[str, object]
    ) -> Sequence[SpoolFile]:
        """In their order. Raises `NoResultFound` where one is in no state for it: nobody else moves a leased file."""
        moved = {row.id: file_from_row(row) for row in self._connection.execute(statement, values)}
        if len(moved) != len(files):
            raise sa.exc.NoResultFound(f"{len(files) - len(moved)} of {len(files)} files are not where they should be")
        return [moved[file] for file in files]
