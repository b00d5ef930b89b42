"""Pools as they are kept: a row each, to lock."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.scheduler.storage.tables import pool


class Pools:
    """Pools, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def ensure(self, name: str) -> None:
        """Makes the pool's row where it is missing; no pool, no row."""
        if name:
            self._connection.execute(insert(pool).values(name=name).on_conflict_do_nothing())

    def lock(self, names: Iterable[str]) -> None:
        """Holds pools, always in the order of their names, until this transaction ends. Before their runs are held."""
        wanted = sorted(set(names) - {""})
        if wanted:
            query = sa.select(pool.c.name).where(pool.c.name.in_(wanted)).order_by(pool.c.name).with_for_update()
            self._connection.execute(query)
