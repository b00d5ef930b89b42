"""Repeats: the first answer to a write is kept, in the write's transaction, and given again to whoever asks twice."""

from hashlib import sha256

import sqlalchemy as sa

from chassis.errors import RequestIdReused

CLAIM = sa.text(
    """
    INSERT INTO request_result (caller, method, request_id, body_hash)
    VALUES (:caller, :method, :request_id, :body_hash)
    ON CONFLICT (caller, method, request_id) DO NOTHING
    RETURNING 1
    """
)
RECALL = sa.text(
    "SELECT body_hash, response FROM request_result"
    " WHERE caller = :caller AND method = :method AND request_id = :request_id"
)
REMEMBER = sa.text(
    "UPDATE request_result SET response = :response"
    " WHERE caller = :caller AND method = :method AND request_id = :request_id"
)


class Repeats:
    """Answers of writes, by (caller, method, request_id), inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def first(self, caller: str, method: str, request_id: str, body: bytes, /) -> bytes | None:
        """Claims the id; None the first time, else the answer of the first time.

        A twin that comes meanwhile waits for the first one's commit. Raises `RequestIdReused` where the body differs.
        """
        key = {"caller": caller, "method": method, "request_id": request_id}
        digest = sha256(body).digest()
        if self._connection.execute(CLAIM, {**key, "body_hash": digest}).first() is not None:
            return None
        stored = self._connection.execute(RECALL, key).one()
        if bytes(stored.body_hash) != digest:
            raise RequestIdReused(request_id)
        return bytes(stored.response)

    def remember(self, caller: str, method: str, request_id: str, response: bytes, /) -> None:
        """Keeps the answer of an id that `first` has claimed in this transaction."""
        key = {"caller": caller, "method": method, "request_id": request_id}
        self._connection.execute(REMEMBER, {**key, "response": response})
