"""The step that asks a handler for the end of attempts. It is repeated until the handler answers."""

from dataclasses import dataclass
from uuid import UUID

from chassis.errors import RemoteRefused, Unavailable
from chassis.operations import Execution
from services.scheduler.application.ports import Handlers


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAttempts:
    """Asks. What became of the attempts is heard by the poller, as ever."""

    handlers: Handlers

    def __call__(self, execution: Execution) -> None:
        handler, attempts = execution.request["handler"], execution.request["attempts"]
        if not isinstance(handler, str) or not isinstance(attempts, list):
            raise TypeError(f"operation {execution.id} names no handler and attempts")
        try:
            self.handlers.cancel(handler, [UUID(str(attempt)) for attempt in attempts])
        except RemoteRefused as refused:  # whoever set it up can mend that; nobody asks for the end again
            raise Unavailable(f"{handler} does not end attempts: {refused}") from refused
