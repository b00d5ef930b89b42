"""Who may write to a destination just now.

A lease names an operation and its epoch, and holds exactly as long as the work engine says that this operation runs in
this epoch. So there is no second clock beside the engine's: a dead or frozen worker loses the destination at the moment
its operation is taken over, and the fence keeps whatever it still does from counting.
"""

from uuid import UUID

import sqlalchemy as sa

TAKE = sa.text(
    """
    INSERT INTO destination_lease AS lease (destination, operation, epoch) VALUES (:destination, :operation, :epoch)
    ON CONFLICT (destination) DO UPDATE
    SET operation = excluded.operation, epoch = excluded.epoch, take_time = now()
    WHERE lease.operation = excluded.operation OR NOT EXISTS (
        SELECT FROM operation
        WHERE operation.id = lease.operation AND operation.epoch = lease.epoch AND operation.state = 'running'
    )
    RETURNING 1
    """
)
RELEASE = sa.text(
    "DELETE FROM destination_lease WHERE destination = :destination AND operation = :operation AND epoch = :epoch"
)


class Leases:
    """Destinations that are being written to, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def take(self, destination: str, operation: UUID, epoch: int) -> bool:
        """Whether this operation may write there from now on."""
        values = {"destination": destination, "operation": operation, "epoch": epoch}
        return self._connection.execute(TAKE, values).first() is not None

    def release(self, destination: str, operation: UUID, epoch: int) -> None:
        """Lets another have it."""
        values = {"destination": destination, "operation": operation, "epoch": epoch}
        self._connection.execute(RELEASE, values)
