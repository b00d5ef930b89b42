"""Files of the spool on their way out."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from chassis.listing import Listing, ListQuery, enum, instant, named, text
from chassis.operations.holding import held_back
from services.delivery.domain.failing import FailedTry
from services.delivery.domain.spool import TRAINING, FileState, SpoolFile
from services.delivery.storage.rows import file_from_row
from services.delivery.storage.tables import spool_file

ON_ITS_WAY = ("SEALED", "SENDING", "RENAMING")
LISTING = Listing(
    fields={
        "create_time": instant(spool_file.c.create_time),
        "state": enum(spool_file.c.state, FileState),
        "task": named(spool_file.c.task, "tasks/{number}"),
        "run": named(spool_file.c.run, "runs/{number}"),
        "destination": named(spool_file.c.destination, "destinations/{id}"),
        "file_name": text(spool_file.c.file_name),
    },
    default_order="create_time",
    key=spool_file.c.id,
)
HELD = sa.text(
    f"SELECT id FROM spool_file WHERE id = ANY(CAST(:ids AS uuid[])) AND {held_back('spool_file')}"  # noqa: S608 - constants
)
FAIL = sa.text(
    """
    UPDATE spool_file SET state = failed.state, tried = failed.tried, next_attempt_time = failed.next_attempt_time,
           failure = failed.failure
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS failed(
        id uuid, state text, tried integer, next_attempt_time timestamptz, failure jsonb)
    WHERE spool_file.id = failed.id
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
            .where(spool_file.c.id.in_(files))
            .order_by(spool_file.c.nominal_time, spool_file.c.run, spool_file.c.ordinal)
            .with_for_update()
        )
        return [file_from_row(row) for row in self._connection.execute(query)]

    def begin(self, file: UUID) -> SpoolFile:
        """Counts a try and lets it begin. A recorded renaming must have been resolved before."""
        return self._move(file, "SENDING", ("SEALED", "SENDING"), attempts=spool_file.c.attempts + 1)

    def record_renaming(self, file: UUID, place: str) -> SpoolFile:
        """Says, before it is asked for, that the file may from now on bear its real name there."""
        return self._move(file, "RENAMING", ("SENDING",), place=place, swept=spool_file.c.attempts - 1)

    def forget_renaming(self, file: UUID) -> SpoolFile:
        """Sends the file again: what bears its name there is visibly not it, or it went to another place."""
        return self._move(file, "SEALED", ("RENAMING",), place=None)

    def deliver(self, file: UUID) -> SpoolFile:
        """It has arrived."""
        return self._move(
            file,
            "DELIVERED",
            ("RENAMING",),
            deliver_time=sa.func.clock_timestamp(),
            place=None,
            failure=sa.null(),
            next_attempt_time=None,
        )

    def fail(self, tries: Sequence[FailedTry]) -> None:
        """Stores what failed tries did."""
        rows = [
            {
                "id": str(each.file),
                "state": each.state.value,
                "tried": each.tried,
                "next_attempt_time": None if each.next_attempt_time is None else each.next_attempt_time.isoformat(),
                "failure": {"reason": each.failure.reason, "facts": dict(each.failure.facts)},
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

    def _move(self, file: UUID, state: str, origins: Sequence[str], **values: object) -> SpoolFile:
        """Raises `NoResultFound` where the file is not in one of these states: nobody else moves a leased file."""
        statement = (
            sa.update(spool_file)
            .where(spool_file.c.id == file, spool_file.c.state.in_(origins))
            .values(state=state, **values)
            .returning(spool_file)
        )
        return file_from_row(self._connection.execute(statement).one())
