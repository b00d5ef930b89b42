"""Titles that people gave to folders of the catalogue."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.scheduler.storage.tables import folder


class Folders:
    """Folders, inside one transaction. Those that nobody renamed have no row."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def titles(self) -> dict[str, str]:
        """The titles that people gave, by path."""
        return {row.path: row.title for row in self._connection.execute(sa.select(folder))}

    def rename(self, path: str, title: str) -> None:
        """Gives a folder a title; an empty one gives its own back."""
        if not title:
            self._connection.execute(sa.delete(folder).where(folder.c.path == path))
            return
        named = insert(folder).values(path=path, title=title)
        self._connection.execute(named.on_conflict_do_update(index_elements=[folder.c.path], set_={"title": title}))
