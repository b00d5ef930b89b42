"""A site is registered."""

from collections.abc import Sequence
from dataclasses import dataclass

from chassis.errors import ResourceExists
from services.scheduler.application.ports import Texts, Work
from services.scheduler.application.set_mode import JOURNAL_SOURCE, spread
from services.scheduler.domain.sites import OperatingMode, Site, SiteDraft, site_name, told_of_mode


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateSite:
    """Registers sites. Handlers take one that they never heard of for normal, so they are told."""

    texts: Texts
    central: Sequence[str]  #: keys of the central handlers, delivery among them
    locale: str  #: of the journal

    def __call__(
        self,
        work: Work,
        id: str,
        draft: SiteDraft,
        mode: OperatingMode,
        *,
        caller: str,
        peer: str,
        validate_only: bool,
    ) -> Site:
        """The new site, of a checked draft; one that is only checked has the version 0. Raises `ResourceExists`."""
        if validate_only:
            if work.sites.get_many([id]):
                raise ResourceExists(site_name(id))
            return Site(
                id=id,
                draft=draft,
                mode=mode,
                mode_version=0,
                unacknowledged=frozenset(),
                online=True,
                heartbeat_time=None,
                create_time=work.now(),
                version=0,
            )
        work.sites.add(id, draft, mode, told_of_mode(id, draft, self.central))
        site = work.sites.get(id)
        spread(work, site)
        work.journal.write(
            self.texts.get(
                "journal.site_registered",
                self.locale,
                site=site.name,
                mode=self.texts.get(f"mode.{mode.value}", self.locale),
            ),
            source=JOURNAL_SOURCE,
            user=caller,
            peer=peer,
            correlation=site.name,
        )
        return site
