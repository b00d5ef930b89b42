"""Removes what files that were given up have left at a far end: nobody else would."""

from chassis.work import Fence
from services.delivery.application.far_ends import Carrier
from services.delivery.application.ports import OpenWork
from services.delivery.domain.destinations import Destination, Sandbox


def clear_litter(open_work: OpenWork, fence: Fence | None, destination: Destination, carrier: Carrier) -> None:
    """Before a batch, over its connection. Killed in between, the next batch removes what is gone already."""
    training = isinstance(destination.method, Sandbox)
    with open_work(fence) as work:
        litter = work.litter.at(destination.id, training=training)
    if not litter:
        return
    carrier.remove([name for file in litter for name in file.all_temporaries])
    with open_work(fence) as work:
        work.litter.cleared(file.id for file in litter)
