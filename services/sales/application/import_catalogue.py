"""Import of the catalogue: what comes replaces what is there under the same code."""

from dataclasses import dataclass

from services.sales.application.ports import Work
from services.sales.domain.catalogue import CatalogueBatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import of the catalogue did."""

    changed: int = 0  #: rows that were new or changed
    unchanged: int = 0


def import_catalogue(work: Work, batch: CatalogueBatch) -> Imported:
    """Stores one message. Raises `InvalidInput` naming each field that names what does not exist."""
    changed = work.catalogue.replace(batch)
    return Imported(changed=changed, unchanged=len(batch) - changed)
