"""What files that were given up have left at far ends under temporary names."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa

from services.delivery.domain.spool import TRAINING, SpoolFile
from services.delivery.storage.rows import file_from_row, is_among
from services.delivery.storage.tables import spool_file

AT_ONCE = 1000
ASKED_WITHIN = sa.text("interval '1 day'")  #: of its beginning, a try whose renaming nobody saw the end of


class Litter:
    """Temporaries of discarded files, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def at(self, destination: str, *, training: bool) -> Sequence[SpoolFile]:
        """Discarded files that may have temporaries at the destination, or in its sandbox.

        Not those whose renaming nobody saw the end of: for a day, their next try still asks for it.
        """
        query = (
            sa.select(spool_file)
            .where(
                spool_file.c.destination == destination,
                spool_file.c.state == "DISCARDED",
                spool_file.c.attempts > spool_file.c.swept,
                (spool_file.c.mode == TRAINING) == training,
                sa.or_(spool_file.c.place.is_(None), spool_file.c.create_time < sa.func.now() - ASKED_WITHIN),
            )
            .limit(AT_ONCE)
        )
        return [file_from_row(row) for row in self._connection.execute(query)]

    def cleared(self, files: Iterable[UUID]) -> None:
        """They have none any more."""
        statement = (
            sa.update(spool_file)
            .where(is_among(files), spool_file.c.state == "DISCARDED")
            .values(swept=spool_file.c.attempts)
        )
        self._connection.execute(statement)
