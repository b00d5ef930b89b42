"""Kinds of operation: what the work is called, how it is done, how patient one is with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from chassis.operations.execution import Execution
from chassis.operations.model import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of operation and how it is done.

    `run` may be called again after any commit of its own: it reads `execution.checkpoint` and goes on from there.
    """

    name: str  #: `<service>.<kebab-case>`
    run: Callable[[Execution], Outcome | None]
    lane: str = "default"
    limit: int | None = None  #: how many may run at once, over all workers; needs a lane with batch 1
    max_attempts: int = 8  #: tries that end in an error before it is parked
    first_backoff: timedelta = timedelta(seconds=1)  #: doubled from try to try
    longest_backoff: timedelta = timedelta(minutes=10)

    def backoff(self, attempts: int) -> timedelta:
        """How long to wait after so many tries have failed."""
        doublings = min(max(attempts - 1, 0), 30)
        return min(self.longest_backoff, self.first_backoff * (1 << doublings))
