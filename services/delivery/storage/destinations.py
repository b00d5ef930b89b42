"""Destinations in their table; secrets are encrypted on the way in and read on the way out."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.errors import ResourceExists, UnknownResource
from chassis.listing import Listing, ListQuery, instant, named, text
from chassis.secrets import KeyRing, SecretUnreadable
from services.delivery.domain.destinations import Destination, Login, Method, ServerPath, Sftp, destination_name
from services.delivery.domain.host_keys import HostKeyPin
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
        row = self._connection.execute(query.with_for_update() if lock else query).first()
        if row is None:
            raise UnknownResource(destination_name(identifier))
        return self._read(row)

    def hold(self, identifier: str) -> Destination:
        """As `get`; it cannot be deleted until the transaction ends."""
        query = sa.select(destination).where(destination.c.id == identifier).with_for_update(read=True, key_share=True)
        row = self._connection.execute(query).first()
        if row is None:
            raise UnknownResource(destination_name(identifier))
        return self._read(row)

    def list(self, query: ListQuery) -> tuple[Sequence[Destination], str]:
        """One page, and the token of the next."""
        page = LISTING.page(self._connection, sa.select(destination), query)
        return [self._read(row) for row in page.rows], page.next_page_token

    def add(self, identifier: str, display_name: str, method: Method) -> Destination:
        """Raises `ResourceExists` where the id is taken."""
        statement = (
            insert(destination)
            .values(id=identifier, display_name=display_name, version=1, **self._columns(method))
            .on_conflict_do_nothing(index_elements=[destination.c.id])
            .returning(destination)
        )
        row = self._connection.execute(statement).first()
        if row is None:
            raise ResourceExists(destination_name(identifier))
        return self._read(row)

    def change(self, identifier: str, display_name: str, method: Method) -> Destination:
        """Stores new values under the next version."""
        statement = (
            sa.update(destination)
            .where(destination.c.id == identifier)
            .values(
                display_name=display_name,
                version=destination.c.version + 1,
                update_time=sa.func.now(),
                **self._columns(method),
            )
            .returning(destination)
        )
        return self._read(self._connection.execute(statement).one())

    def delete(self, identifier: str) -> None:
        """Forgets it."""
        self._connection.execute(sa.delete(destination).where(destination.c.id == identifier))

    def _columns(self, method: Method) -> dict[str, object]:
        columns: dict[str, object] = dict.fromkeys(
            ("host", "port", "user_name", "host_key", "password", "private_key", "passphrase")
        )
        columns["folder"] = method.folder
        match method:
            case ServerPath():
                columns["protocol"] = "server-path"
            case Sftp(login=login):
                columns["protocol"] = "sftp"
                columns["host"], columns["port"], columns["user_name"] = method.host, method.port, method.user_name
                columns["host_key"] = method.host_key.text
                columns["password"] = self._encrypted(login.password)
                columns["private_key"] = self._encrypted(login.private_key)
                columns["passphrase"] = self._encrypted(login.passphrase)
        return columns

    def _read(self, row: sa.Row[Any]) -> Destination:
        return Destination(
            id=row.id,
            display_name=row.display_name,
            method=self._method(row),
            version=row.version,
            create_time=row.create_time,
            update_time=row.update_time,
        )

    def _method(self, row: sa.Row[Any]) -> Method:
        if row.protocol == "server-path":
            return ServerPath(folder=row.folder)
        return Sftp(
            host=row.host,
            port=row.port,
            user_name=row.user_name,
            host_key=HostKeyPin(row.host_key),
            folder=row.folder,
            login=self._login(row),
        )

    def _encrypted(self, secret: str | None) -> str | None:
        return self._keyring.encrypt(secret) if secret else None

    def _login(self, row: sa.Row[Any]) -> Login:
        stored = (row.password, row.private_key, row.passphrase)
        try:
            password, private_key, passphrase = (
                None if secret is None else self._keyring.decrypt(secret) for secret in stored
            )
        except SecretUnreadable:  # the destination can still be listed and mended; sending there explains
            password, private_key, passphrase = (None if secret is None else "" for secret in stored)
            return Login(password=password, private_key=private_key, passphrase=passphrase, unreadable=True)
        return Login(password=password, private_key=private_key, passphrase=passphrase)
