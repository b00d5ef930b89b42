"""Shows clients."""

from collections.abc import Sequence

from chassis.errors import UnknownResource
from chassis.listing import ListQuery
from services.clients.application.ports import ClientPage, OpenWork
from services.clients.domain.client import KeptClient


class ReadClients:
    """Answers what is kept about clients."""

    def __init__(self, open_work: OpenWork) -> None:
        self._open_work = open_work

    def get(self, code: str) -> KeptClient:
        """Raises `UnknownResource`."""
        found = self.get_many([code])
        if not found:
            raise UnknownResource(f"clients/{code}")
        return found[0]

    def get_many(self, codes: Sequence[str]) -> list[KeptClient]:
        """Those that are kept, in the order asked for."""
        with self._open_work() as work:
            kept = work.clients.get(codes)
        return [kept[code] for code in codes if code in kept]

    def list(self, query: ListQuery) -> ClientPage:
        """One page of the clients that match."""
        with self._open_work() as work:
            return work.clients.page(query)
