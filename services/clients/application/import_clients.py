"""Keeps clients that come from elsewhere."""

from collections.abc import Sequence

from chassis.errors import FieldProblem, InvalidInput
from services.clients.application.ports import Meter, OpenWork
from services.clients.domain.checks import client_problems
from services.clients.domain.client import Client, ImportCount


class ImportClients:
    """Imports one batch in one transaction: all of it, or nothing where a client is not as it should be."""

    def __init__(self, open_work: OpenWork, meter: Meter) -> None:
        self._open_work = open_work
        self._meter = meter

    def __call__(self, clients: Sequence[Client]) -> ImportCount:
        """Raises `InvalidInput` naming every mistake, e.g. `clients[17].code`."""
        if not clients:
            return ImportCount()
        with self._open_work() as work:
            now = work.now()
            problems = [
                FieldProblem(f"clients[{position}].{problem.field}", problem.description)
                for position, client in enumerate(clients)
                for problem in client_problems(client, now)
            ]
            problems += _repeated(clients)
            if problems:
                raise InvalidInput(*problems)
            count = work.clients.import_all(clients)
        self._meter.imported(count)
        return count


def _repeated(clients: Sequence[Client]) -> list[FieldProblem]:
    first: dict[str, int] = {}
    return [
        FieldProblem(f"clients[{position}].code", f"{client.code} is clients[{first[client.code]}] too; send it once")
        for position, client in enumerate(clients)
        if first.setdefault(client.code, position) != position
    ]
