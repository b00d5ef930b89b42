"""Delivery's tables as tests look at them, and as the death of a process or the passing of time leaves them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from chassis.database import Database
from services.delivery.storage.tables import spool_file


@dataclass
class Rows:
    """Those of one delivery."""

    database: Database

    def takeover(self) -> None:
        """What the keeper of another process does once a worker has fallen silent."""
        with self.database.begin() as connection:
            # A dead process releases nothing; the lease that our own cleaning up has given back is put back.
            connection.execute(
                sa.text(
                    "INSERT INTO destination_lease (destination, operation, epoch)"
                    " SELECT DISTINCT spool_file.destination, operation.id, operation.epoch FROM operation, spool_file"
                    " WHERE operation.state = 'running' AND spool_file.destination IS NOT NULL"
                    " ON CONFLICT DO NOTHING"
                )
            )
            connection.execute(sa.text("UPDATE operation SET state = 'queued', ready = true WHERE state = 'running'"))

    def come(self, length: timedelta = timedelta(hours=2)) -> None:
        """Lets time pass for what waits for its next try."""
        with self.database.begin() as connection:
            connection.execute(
                sa.text(
                    "UPDATE operation SET next_attempt_time = next_attempt_time - CAST(:by AS interval), ready = true"
                    " WHERE state = 'queued'"
                ),
                {"by": length},
            )
            connection.execute(
                sa.update(spool_file)
                .where(spool_file.c.next_attempt_time.is_not(None))
                .values(next_attempt_time=spool_file.c.next_attempt_time - length)
            )

    def history(self) -> list[tuple[str, int, str]]:
        """File name, try and what became of it, in the order of the tries."""
        statement = (
            "SELECT file_name, delivery.attempt, delivery.state FROM delivery"
            " JOIN spool_file ON spool_file.id = delivery.file ORDER BY number"
        )
        with self.database.begin() as connection:
            rows = connection.execute(sa.text(statement))
            return [(row.file_name, row.attempt, row.state) for row in rows]

    def states(self) -> dict[str, str]:
        """State by file name."""
        with self.database.begin() as connection:
            rows = connection.execute(sa.select(spool_file.c.file_name, spool_file.c.state))
            return {row.file_name: row.state for row in rows}

    def count(self, statement: str) -> int:
        with self.database.begin() as connection:
            number: int = connection.execute(sa.text(statement)).scalar_one()
            return number

    def journal(self) -> Sequence[str]:
        with self.database.begin() as connection:
            return connection.execute(sa.text("SELECT text FROM journal_entry ORDER BY number")).scalars().all()
