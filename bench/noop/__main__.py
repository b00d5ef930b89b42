"""`python -m bench.noop serve | work | migrate`: the service, run as every other."""

from chassis.operations import Kind, Lane
from chassis.process import main
from chassis.service import Runtime, Service, Wiring
from chassis.settings import ServiceSettings
from chassis.tasks import TaskType
from chassis.texts import Texts

NAME = "bench.no-op"
LANE = "no-ops"
TEXTS = {"title": "Ne rien faire", "description": "Ne fait rien, aussi vite que possible."}


def wire(runtime: Runtime[ServiceSettings]) -> Wiring:
    """One kind of operation, in a lane that is claimed by the batch."""
    # It is no package of `services`, where catalogues are looked for.
    runtime.texts = Texts({"fr": TEXTS, "en": TEXTS}).beside(Texts.of("chassis.system"))
    return Wiring(
        servicers=[],
        kinds=[Kind(name=NAME, run=lambda execution: None, lane=LANE)],
        lanes=[Lane(name=LANE, batch=50)],
        task_types=[TaskType(name=NAME, folder="Autres", title="title", description="description")],
    )


SERVICE = Service(
    name="bench",
    settings=ServiceSettings,
    migrations="chassis.migrations",  # it has no tables of its own; chassis' are made once, whoever asks
    wire=wire,
)

if __name__ == "__main__":
    main(SERVICE)
