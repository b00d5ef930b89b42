"""The scheduler's own task types: what it has every service do, and the live message."""

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field

from chassis.operations import Execution, Kind
from chassis.tasks import TaskType
from services.scheduler.application.do_everywhere import DoEverywhere
from services.scheduler.application.send_live_message import LiveMessage, SendLiveMessage

FOLDER = "Système/Base de données"


class LiveMessageOptions(BaseModel):
    """A text, and whom it is for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: str = Field(min_length=1, max_length=10_000, pattern=r"\S", description="What people read; not blank.")
    principals: list[str] = Field(
        default=[], max_length=1_000, description="Names of those who get it; empty means every person."
    )


MAINTENANCE_ALL = TaskType(
    name="scheduler.maintenance-all",
    folder=FOLDER,
    title="task.maintenance-all.title",
    description="task.maintenance-all.description",
)
PURGE_ALL = TaskType(
    name="scheduler.purge-all",
    folder=FOLDER,
    title="task.purge-all.title",
    description="task.purge-all.description",
)
LIVE_MESSAGE = TaskType(
    name="scheduler.live-message",
    folder="Autres",
    title="task.live-message.title",
    description="task.live-message.description",
    options=LiveMessageOptions,
)
TASK_TYPES = (MAINTENANCE_ALL, PURGE_ALL, LIVE_MESSAGE)


def system_kinds(maintenance: DoEverywhere, purge: DoEverywhere, send: SendLiveMessage) -> tuple[Kind, ...]:
    """The kinds of operation that do their work."""
    return (
        Kind(name=MAINTENANCE_ALL.name, run=maintenance),
        Kind(name=PURGE_ALL.name, run=purge),
        Kind(name=LIVE_MESSAGE.name, run=_live(send)),
    )


def _live(send: SendLiveMessage) -> Callable[[Execution], None]:
    def run(execution: Execution) -> None:
        options = LiveMessageOptions.model_validate(execution.request)
        send(execution, LiveMessage(text=options.text, principals=options.principals))

    return run
