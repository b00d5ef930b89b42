"""Creates, changes and deletes destinations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from chassis.errors import FieldProblem, InvalidInput, StaleEtag, WrongState
from services.delivery.application.ports import Work
from services.delivery.domain.destinations import DESTINATION_ID, Destination, Unread
from services.delivery.domain.drafts import Draft, checked, draft_of
from services.delivery.domain.errors import DestinationInUse


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepDestinations:
    """Every method takes the open transaction of the call."""

    roots: Sequence[PurePosixPath]  #: folders that server paths must lie in

    def create(self, work: Work, identifier: str, draft: Draft) -> Destination:
        """Raises `InvalidInput` and `ResourceExists`."""
        if DESTINATION_ID.fullmatch(identifier) is None:
            raise InvalidInput(
                FieldProblem(
                    "destination_id",
                    "give 1 to 63 of lower-case letters, digits and `-`, beginning with a letter",
                )
            )
        new = checked(draft, self.roots)
        return work.destinations.add(identifier, draft.display_name, new.method, new.transfer)

    def change(self, work: Work, identifier: str, version: int | None, edit: Callable[[Draft], Draft]) -> Destination:
        """Applies an edit. Raises `UnknownResource`, `StaleEtag`, `WrongState` and `InvalidInput`."""
        current = work.destinations.get(identifier, lock=True)
        refuse_stale(current, version)
        draft = edit(draft_to_edit(current))
        new = checked(draft, self.roots, stored=current.method)
        return work.destinations.change(identifier, draft.display_name, new.method, new.transfer)

    def delete(self, work: Work, identifier: str, version: int | None) -> None:
        """Raises `UnknownResource`, `StaleEtag` and `DestinationInUse`."""
        current = work.destinations.get(identifier, lock=True)
        refuse_stale(current, version)
        waiting = work.spool.sealed_for(identifier)
        if waiting:
            raise DestinationInUse(current.name, waiting)
        work.destinations.delete(identifier)


def refuse_stale(current: Destination, version: int | None) -> None:
    """Raises `StaleEtag` where the caller has read another version."""
    if version is not None and version != current.version:
        raise StaleEtag(current.name)


def draft_to_edit(current: Destination) -> Draft:
    """Its fields. Raises `WrongState` where a newer release has stored what would be lost by an edit of this one."""
    if isinstance(current.method, Unread):
        raise WrongState(current.name, "stored by a newer release", "one that this release reads; update the service")
    return draft_of(current)
