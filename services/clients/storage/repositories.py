"""Clients and readings of purchases, as the use cases speak of them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.listing import ListQuery
from services.clients.application.ports import ClientPage
from services.clients.domain.client import Client, ImportCount, KeptClient
from services.clients.storage import importing
from services.clients.storage.listing import CLIENTS, LISTED
from services.clients.storage.loading import load_clients
from services.clients.storage.tables import client, purchase_reading

# Rows are locked in the order of their codes, as an import locks them: the two never wait for each other.
LINK_STORES = sa.text(
    """
    WITH planned AS (
        SELECT code, wanted.store
        FROM client
        JOIN unnest(CAST(:clients AS text[]), CAST(:stores AS text[])) AS wanted(code, store) USING (code)
        WHERE client.store <> wanted.store
        ORDER BY code
        FOR NO KEY UPDATE OF client
    )
    UPDATE client SET store = planned.store, update_time = now() FROM planned WHERE client.code = planned.code
    """
)


class ClientRepository:
    """The clients, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def import_all(self, clients: Sequence[Client]) -> ImportCount:
        """Keeps the clients, each code once among them; says how many were new, changed, or so already."""
        return importing.import_clients(self._connection, clients)

    def get(self, codes: Sequence[str]) -> dict[str, KeptClient]:
        """Those of the codes that are kept, by code."""
        return load_clients(self._connection, codes)

    def page(self, query: ListQuery) -> ClientPage:
        """One page of the clients that match, and how many match in all."""
        page = CLIENTS.page(self._connection, sa.select(client.c.code).select_from(LISTED), query)
        codes = [code for (code,) in page.rows]
        kept = load_clients(self._connection, codes)
        matching = sa.select(sa.func.count()).select_from(LISTED).where(CLIENTS.where(query.filter))
        return ClientPage(
            clients=[kept[code] for code in codes],
            next_page_token=page.next_page_token,
            total_size=self._connection.execute(matching).scalar_one(),
        )

    def link_stores(self, stores: Mapping[str, str]) -> int:
        """Links clients, by code, to stores; answers how many were linked to another one before."""
        linked = self._connection.execute(
            LINK_STORES, {"clients": list(stores.keys()), "stores": list(stores.values())}
        )
        return linked.rowcount


class PurchaseReadings:
    """How far purchases have been read, for each choice of stores."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def read_time(self, stores: Sequence[str]) -> datetime | None:
        """Tickets of these stores (none: of all) that were recorded until then have been looked at."""
        query = sa.select(purchase_reading.c.read_time).where(purchase_reading.c.stores == _key(stores))
        return self._connection.execute(query).scalar_one_or_none()

    def keep(self, stores: Sequence[str], read_time: datetime) -> None:
        """Remembers how far was read; what was read further before stays read."""
        reading = insert(purchase_reading).values(stores=_key(stores), read_time=read_time)
        self._connection.execute(
            reading.on_conflict_do_update(
                index_elements=["stores"],
                set_={"read_time": sa.func.greatest(purchase_reading.c.read_time, reading.excluded.read_time)},
            )
        )


def _key(stores: Sequence[str]) -> list[str]:
    return sorted(set(stores))
