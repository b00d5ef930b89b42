"""Files that consumers have committed: what they were at their source, and what is in them."""

from collections.abc import Iterable, Sequence
from uuid import UUID

import sqlalchemy as sa

from chassis.operations.holding import held_back
from services.delivery.domain.fetching import FetchedFile, Remembered

HELD = sa.text(
    f"SELECT {held_back('asked')} FROM (SELECT CAST(:site AS text) AS site, CAST(:mode AS text) AS mode) AS asked"  # noqa: S608 - constants
)
KNOWN = sa.text(
    """
    SELECT id, source_key, seen_time FROM fetched_file
    WHERE destination = :destination AND source_key = ANY(CAST(:keys AS text[]))
    """
)
COMMITTED = sa.text(
    """
    SELECT DISTINCT sha256 FROM fetched_file
    WHERE destination = :destination AND sha256 = ANY(CAST(:contents AS text[]))
    """
)
# A row that is looked at every minute is not written every minute: days are what retention counts.
RENEW = sa.text(
    """
    UPDATE fetched_file SET seen_time = now()
    WHERE id = ANY(CAST(:ids AS uuid[])) AND seen_time < now() - INTERVAL '1 day'
    """
)
REMEMBER = sa.text(
    """
    INSERT INTO fetched_file (id, destination, file_name, source_key, size_bytes, sha256, seen_time)
    SELECT DISTINCT ON (new.id) new.* FROM unnest(
        CAST(:ids AS uuid[]), CAST(:destinations AS text[]), CAST(:names AS text[]), CAST(:keys AS text[]),
        CAST(:sizes AS bigint[]), CAST(:contents AS text[]), CAST(:seen AS timestamptz[])
    ) AS new (id, destination, file_name, source_key, size_bytes, sha256, seen_time)
    ON CONFLICT (id) DO UPDATE SET source_key = excluded.source_key, seen_time = excluded.seen_time
    """
)


class FetchedFiles:
    """What was committed, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def held_back(self, site: str, mode: str) -> bool:
        """Whether nothing may be fetched now in this mode: the site is not normal, and nobody fetches by hand."""
        return bool(self._connection.execute(HELD, {"site": site, "mode": mode}).scalar_one())

    def known(self, destination: str, keys: Iterable[str]) -> Sequence[Remembered]:
        """Committed files that bore one of these keys at their source."""
        rows = self._connection.execute(KNOWN, {"destination": destination, "keys": list(keys)})
        return [Remembered(id=row.id, source_key=row.source_key, seen_time=row.seen_time) for row in rows]

    def committed(self, destination: str, contents: Iterable[str]) -> set[str]:
        """Those of these contents, as SHA-256, that were committed under whatever name."""
        found = self._connection.execute(COMMITTED, {"destination": destination, "contents": list(contents)})
        return set(found.scalars())

    def renew(self, files: Iterable[UUID]) -> None:
        """They are still at their source, as they were."""
        self._connection.execute(RENEW, {"ids": list(files)})

    def remember(self, files: Sequence[FetchedFile]) -> None:
        """They are committed. A repeat renews what is known of them."""
        self._connection.execute(
            REMEMBER,
            {
                "ids": [file.id for file in files],
                "destinations": [file.destination for file in files],
                "names": [file.file_name for file in files],
                "keys": [file.source_key for file in files],
                "sizes": [file.size_bytes for file in files],
                "contents": [file.sha256 for file in files],
                "seen": [file.seen_time for file in files],
            },
        )
