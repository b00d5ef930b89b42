"""Pools as they are kept: a row each, to lock."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.database import among
from services.scheduler.storage.tables import pool


class Pools:
    """Pools, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def ensure(self, name: str) -> None:
        """Makes the pool's row where it is missing; no pool, no row."""
        self.ensure_many([name])

    def ensure_many(self, names: Iterable[str]) -> None:
        """The same of many pools, in the order of their names: others do so at the same time."""
        if rows := [{"name": name} for name in sorted(set(names) - {""})]:
            self._connection.execute(insert(pool).values(rows).on_conflict_do_nothing())

    def lock(self, names: Iterable[str]) -> None:
        """Holds pools, always in the order of their names, until this transaction ends. Before their runs are held."""
        wanted = sorted(set(names) - {""})
        if wanted:
            query = sa.select(pool.c.name).where(among(pool.c.name, wanted)).order_by(pool.c.name).with_for_update()
            self._connection.execute(query)
