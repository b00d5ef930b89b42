"""Destinations in their table; secrets are encrypted on the way in and read on the way out."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.errors import ResourceExists, UnknownResource
from chassis.listing import Listing, ListQuery, instant, named, text
from chassis.secrets import KeyRing
from services.delivery.domain.destinations import Destination, Method, destination_name
from services.delivery.domain.transfer_options import TransferOptions
from services.delivery.storage.methods import read, store
from services.delivery.storage.tables import destination

LISTING = Listing(
    fields={
        "name": named(destination.c.id, "destinations/{id}"),
        "display_name": text(destination.c.display_name),
        "create_time": instant(destination.c.create_time),
        "update_time": instant(destination.c.update_time),
    },
    default_order="name",
    key=destination.c.id,
)


class Destinations:
    """The destinations, inside one transaction."""

    def __init__(self, connection: sa.Connection, keyring: KeyRing) -> None:
        self._connection = connection
        self._keyring = keyring

    def get(self, identifier: str, *, lock: bool = False) -> Destination:
        """Raises `UnknownResource`. Locked, nobody changes it or seals files for it until the transaction ends."""
        query = sa.select(destination).where(destination.c.id == identifier)
        return self._found(identifier, query.with_for_update() if lock else query)

    def hold(self, identifier: str) -> Destination:
        """As `get`; it cannot be deleted until the transaction ends."""
        query = sa.select(destination).where(destination.c.id == identifier)
        return self._found(identifier, query.with_for_update(read=True, key_share=True))

    def list(self, query: ListQuery) -> tuple[Sequence[Destination], str]:
        """One page, and the token of the next."""
        page = LISTING.page(self._connection, sa.select(destination), query)
        return [self._read(row) for row in page.rows], page.next_page_token

    def add(self, identifier: str, display_name: str, method: Method, transfer: TransferOptions) -> Destination:
        """Raises `ResourceExists` where the id is taken."""
        statement = (
            insert(destination)
            .values(id=identifier, display_name=display_name, version=1, **self._columns(method, transfer))
            .on_conflict_do_nothing(index_elements=[destination.c.id])
            .returning(destination)
        )
        row = self._connection.execute(statement).first()
        if row is None:
            raise ResourceExists(destination_name(identifier))
        return self._read(row)

    def change(self, identifier: str, display_name: str, method: Method, transfer: TransferOptions) -> Destination:
        """Stores new values under the next version."""
        statement = (
            sa.update(destination)
            .where(destination.c.id == identifier)
            .values(
                display_name=display_name,
                version=destination.c.version + 1,
                update_time=sa.func.now(),
                **self._columns(method, transfer),
            )
            .returning(destination)
        )
        return self._read(self._connection.execute(statement).one())

    def delete(self, identifier: str) -> None:
        """Forgets it."""
        self._connection.execute(sa.delete(destination).where(destination.c.id == identifier))

    def _found(self, identifier: str, query: sa.Select[Any]) -> Destination:
        row = self._connection.execute(query).first()
        if row is None:
            raise UnknownResource(destination_name(identifier))
        return self._read(row)

    def _columns(self, method: Method, transfer: TransferOptions) -> dict[str, object]:
        stored = store(method, transfer, self._keyring)
        return {
            "protocol": stored.protocol,
            "method": stored.method,
            "secrets": stored.secrets,
            "transfer": stored.transfer,
        }

    def _read(self, row: sa.Row[Any]) -> Destination:
        method, transfer = read(row.protocol, row.method, row.secrets, row.transfer, self._keyring)
        return Destination(
            id=row.id,
            display_name=row.display_name,
            method=method,
            transfer=transfer,
            version=row.version,
            create_time=row.create_time,
            update_time=row.update_time,
        )
