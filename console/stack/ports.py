"""Where the embedded stack listens: every port of it, on loopback."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from chassis.embedded.server import HOST, free_ports, is_free
from console.stack.errors import StackPortTaken

SERVICES = ("scheduler", "delivery", "sales", "clients", "mail")  #: in the order of their ports

#: The first service's; the others follow. All lie below the ephemeral ports, so that no outgoing connection, ours
#: to the database among them, holds one when its server wants to listen.
GRPC, HEALTH, METRICS, WORKERS = 20051, 20151, 9151, 9161
LARGEST_OFFSET = 65_535 - HEALTH - len(SERVICES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Ports of every process, in the order of SERVICES."""

    grpc: tuple[int, ...]
    health: tuple[int, ...]
    metrics: tuple[int, ...]  #: of the servers
    workers: tuple[int, ...]  #: metrics of the workers
    planner: int  #: metrics of the planner

    @classmethod
    def embedded(cls, offset: int = 0) -> Self:
        """The ports that the documentation names, all moved by the offset."""

        def row(first: int) -> tuple[int, ...]:
            return tuple(first + offset + index for index in range(len(SERVICES)))

        return cls(
            grpc=row(GRPC),
            health=row(HEALTH),
            metrics=row(METRICS),
            workers=row(WORKERS),
            planner=WORKERS + offset + len(SERVICES),
        )

    @classmethod
    def free(cls) -> Self:
        """Ports that nobody listens on now, for tests."""
        count = len(SERVICES)
        found = free_ports(4 * count + 1)
        return cls(
            grpc=found[:count],
            health=found[count : 2 * count],
            metrics=found[2 * count : 3 * count],
            workers=found[3 * count : 4 * count],
            planner=found[-1],
        )

    def address(self, service: str) -> str:
        """Where the service answers calls."""
        return f"{HOST}:{self.grpc[SERVICES.index(service)]}"

    def health_address(self, service: str) -> str:
        """Where the service answers health checks."""
        return f"{HOST}:{self.health[SERVICES.index(service)]}"

    def metrics_address(self, service: str, command: str) -> str:
        """Where a process answers `/metrics` and `/live`."""
        if command == "plan":
            return f"{HOST}:{self.planner}"
        row = self.metrics if command == "serve" else self.workers
        return f"{HOST}:{row[SERVICES.index(service)]}"

    def uses(self) -> Iterator[tuple[int, str]]:
        """Each port with what it is for."""
        for index, service in enumerate(SERVICES):
            yield self.grpc[index], f"calls of {service}"
            yield self.health[index], f"health of {service}"
            yield self.metrics[index], f"metrics of {service}"
            yield self.workers[index], f"metrics of the workers of {service}"
        yield self.planner, "metrics of the planner"

    def check_free(self) -> None:
        """Raises StackPortTaken for the first port that is somebody else's."""
        for port, purpose in self.uses():
            if not is_free(port):
                raise StackPortTaken(port, purpose)
