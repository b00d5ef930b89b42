"""What the use cases need of what is kept about sites: who they are, and the runs that are held for them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from chassis.listing import ListQuery
from services.scheduler.domain.sites import OperatingMode, Site, SiteDraft, SiteMode


class SiteRepository(Protocol):
    """Sites, inside one transaction."""

    def add(self, id: str, draft: SiteDraft, mode: OperatingMode, handlers: Iterable[str] = ()) -> None: ...
    def ensure(self, id: str, time_zone: str) -> None: ...
    def get(self, id: str) -> Site: ...
    def get_many(self, ids: Iterable[str]) -> dict[str, Site]: ...
    def keep_many(self, ids: Iterable[str]) -> dict[str, Site]: ...
    def keep(self, id: str) -> Site | None:
        """The site, if there is one; its mode and its zone do not change until this transaction ends."""

    def lock(self, id: str) -> Site:
        """Lock the schedules of tasks before it, and runs after it."""

    def change(self, id: str, draft: SiteDraft) -> None: ...
    def delete(self, id: str) -> None: ...
    def page(self, query: ListQuery) -> tuple[Sequence[Site], str]: ...
    def set_mode(self, id: str, mode: OperatingMode, handlers: Iterable[str]) -> Site:
        """The site in its new mode, which these handlers are to be told."""

    def to_tell(self, handlers: Iterable[str]) -> None:
        """These, all the central ones, are to be told the mode of every site."""

    def not_told(self, handler: str, limit: int) -> Sequence[SiteMode]:
        """The modes of the sites that this handler has not acknowledged."""

    def acknowledge(self, handler: str, modes: Sequence[SiteMode]) -> None:
        """It has been told; of a site whose mode has changed since it has not."""

    def beat(self, id: str, now: datetime) -> Site:
        """The site says that it is there."""

    def only_watcher(self) -> bool:
        """True in one transaction at a time: the others' look would be superfluous."""

    def look(self) -> Sequence[Site]:
        """Notes which sites are there; answers those of which that has changed."""

    def count_tasks(self, id: str) -> int: ...
    def unfinished_run(self, id: str) -> int | None: ...


class HoldRepository(Protocol):
    """Runs that are held because of their site, inside one transaction. By number; the caller holds them next."""

    def to_hold(self, site: str) -> Sequence[int]:
        """The runs of a site that may not go on in another mode than normal, and those held for that already."""

    def held_by_mode(self, site: str) -> Sequence[int]:
        """The runs of a site that are held because of its mode."""

    def back(self, limit: int) -> Sequence[int]:
        """Runs held for a site that was offline and is there again, in the order of their instants."""

    def expired(self, limit: int) -> Sequence[int]:
        """Runs that were held for an offline site for as long as runs of it wait."""
