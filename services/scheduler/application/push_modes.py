"""Handlers are told in which modes sites are, each by a step that is repeated until it acknowledges."""

from collections.abc import Iterable
from dataclasses import dataclass

from chassis.errors import RemoteRefused, Unavailable
from chassis.operations import Execution, NewOperation
from services.scheduler.application.ask_for_end import NEVER_HELD
from services.scheduler.application.ports import Handlers, OpenWork, Work

PUSH_MODES = "scheduler.push-modes"  #: a handler is told the modes that it has not acknowledged
MOST_TOLD = 10_000  #: sites in one call


def push_modes(work: Work, handlers: Iterable[str]) -> None:
    """Each of these handlers is told, once this transaction has committed, what it does not know by then."""
    work.operations.add_many(
        [NewOperation(kind=PUSH_MODES, request={"handler": handler}, mode=NEVER_HELD) for handler in sorted(handlers)]
    )


def tell_again(work: Work, central: Iterable[str]) -> None:
    """The central handlers are told the mode of every site once more: one may be new, or elsewhere than before."""
    handlers = sorted(central)
    work.sites.to_tell(handlers)
    push_modes(work, [each for each in handlers if work.operations.queued(PUSH_MODES, {"handler": each}) is None])


@dataclass(frozen=True, slots=True, kw_only=True)
class PushModes:
    """Tells one handler all that it has not acknowledged: a later mode takes the place of one still on its way.

    Killed after the call, it tells the same again, which changes nothing there.
    """

    open_work: OpenWork
    handlers: Handlers

    def __call__(self, execution: Execution) -> None:
        handler = execution.request["handler"]
        if not isinstance(handler, str):
            raise TypeError(f"operation {execution.id} names no handler")
        while True:
            with self.open_work(execution.fence) as work:
                modes = work.sites.not_told(handler, MOST_TOLD)
                if not modes:
                    execution.succeed(work)
                    return
            try:
                self.handlers.set_modes(handler, modes)
            except RemoteRefused as refused:  # whoever set it up can mend that; nobody says the mode again
                raise Unavailable(f"{handler} does not take modes: {refused}") from refused
            with self.open_work(execution.fence) as work:
                work.sites.acknowledge(handler, modes)
