"""The task `clients.last-purchases-store`."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from chassis.operations.execution import Execution
from chassis.operations.kinds import Kind
from chassis.operations.model import Outcome
from chassis.tasks import TaskType
from services.clients.application.link_last_purchases_store import SOURCE, LinkLastPurchasesStore


class LastPurchasesStoreOptions(BaseModel):
    """What a person ticks (seed: "options de la tâche")."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    full_synchronisation: bool = Field(
        default=False,
        description='"Synchronisation totale": all clients; else those with tickets since the last run.',
    )
    stores: list[Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}$")]] = Field(
        default=[], max_length=10_000, description="Codes of the stores whose tickets count; empty means all."
    )


TYPE: Final = TaskType(
    name=SOURCE,
    folder="Import - Export",
    title="task.last_purchases_store.title",
    description="task.last_purchases_store.description",
    options=LastPurchasesStoreOptions,
)


def kind(link: LinkLastPurchasesStore) -> Kind:
    """One run at a time: two would only wait for each other's rows."""

    def run(execution: Execution) -> Outcome | None:
        options = LastPurchasesStoreOptions.model_validate(execution.request)
        link(execution, stores=options.stores, full_synchronisation=options.full_synchronisation)
        return None  # it has ended itself, in the transaction of its last effect

    return Kind(name=TYPE.name, run=run, limit=1)
