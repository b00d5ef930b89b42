"""Removes what files that were given up have left at a far end: nobody else would."""

from collections.abc import Sequence

from chassis.work import Fence
from services.delivery.application.failing_tries import FailureKeeper
from services.delivery.application.far_ends import Carrier
from services.delivery.domain.destinations import Destination, Sandbox
from services.delivery.domain.failures import CarryFailed, FileFailed, NoPermission
from services.delivery.domain.spool import SpoolFile


def clear_litter(
    failures: FailureKeeper, fence: Fence | None, destination: Destination, carrier: Carrier, user: str
) -> None:
    """Before a batch, over its connection. Killed in between, the next batch removes what is gone already.

    What the far end does not let go of is told, and keeps nothing from being sent.
    """
    training = isinstance(destination.method, Sandbox)
    with failures.open_work(fence) as work:
        litter = work.litter.at(destination.id, training=training)
    if not litter:
        return
    cleared, refusal = _removed(carrier, litter)
    with failures.open_work(fence) as work:
        work.litter.cleared(file.id for file in cleared)
        if refusal is not None:
            failures.tell_litter(work, destination, refusal, user)


def _removed(carrier: Carrier, litter: Sequence[SpoolFile]) -> tuple[Sequence[SpoolFile], CarryFailed | None]:
    """Those of which nothing is left, and why that is not all."""
    try:
        carrier.remove([name for file in litter for name in file.all_temporaries])
    except NoPermission as refusal:
        return (), refusal
    except FileFailed as refusal:
        return _removed_one_by_one(carrier, litter), refusal
    return litter, None


def _removed_one_by_one(carrier: Carrier, litter: Sequence[SpoolFile]) -> list[SpoolFile]:
    gone: list[SpoolFile] = []
    for file in litter:
        try:
            carrier.remove(file.all_temporaries)
        except (NoPermission, FileFailed):  # as the whole was refused, which is told
            continue
        gone.append(file)
    return gone
