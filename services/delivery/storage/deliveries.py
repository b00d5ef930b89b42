"""The history of sending: every try, those included that nobody ended."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from chassis.errors import UnknownResource
from chassis.listing import Listing, ListQuery, enum, instant, named, text
from services.delivery.domain.deliveries import Delivery, DeliveryState
from services.delivery.storage.rows import failure_of
from services.delivery.storage.tables import delivery, spool_file

LISTING = Listing(
    fields={
        "create_time": instant(delivery.c.create_time),
        "end_time": instant(delivery.c.end_time),
        "file": named(delivery.c.file, "files/{uuid}"),
        "task": named(spool_file.c.task, "tasks/{number}"),
        "run": named(spool_file.c.run, "runs/{number}"),
        "destination": named(delivery.c.destination, "destinations/{id}"),
        "state": enum(delivery.c.state, DeliveryState),
        "reason": text(delivery.c.failure["reason"].astext),
    },
    default_order="create_time desc",
    key=delivery.c.number,
)
TRIES = sa.select(delivery, spool_file.c.file_name, spool_file.c.task, spool_file.c.run).join_from(
    delivery, spool_file, delivery.c.file == spool_file.c.id
)


class Deliveries:
    """Tries at sending files, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get(self, number: int) -> Delivery:
        """Raises `UnknownResource`."""
        row = self._connection.execute(TRIES.where(delivery.c.number == number)).first()
        if row is None:
            raise UnknownResource(f"deliveries/{number}")
        return _read(row)

    def list(self, query: ListQuery) -> tuple[Sequence[Delivery], str]:
        """One page, and the token of the next."""
        page = LISTING.page(self._connection, TRIES, query)
        return [_read(row) for row in page.rows], page.next_page_token


def _read(row: sa.Row[Any]) -> Delivery:
    return Delivery(
        number=row.number,
        file=row.file,
        file_name=row.file_name,
        task=row.task,
        run=row.run,
        destination=row.destination,
        attempt=row.attempt,
        state=DeliveryState(row.state),
        failure=failure_of(row.failure),
        resumed_offset=row.resumed_offset,
        create_time=row.create_time,
        end_time=row.end_time,
    )
