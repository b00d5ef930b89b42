"""A site is deleted; the runs it had stay readable."""

from dataclasses import dataclass

from chassis.errors import StaleEtag
from services.scheduler.application.ports import Texts, Work
from services.scheduler.application.set_mode import JOURNAL_SOURCE
from services.scheduler.domain.errors import DefaultSite, RunUnfinished, SiteInUse
from services.scheduler.domain.runs import run_name


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteSite:
    """Deletes sites to which nothing belongs."""

    texts: Texts
    default_site: str
    locale: str  #: of the journal

    def __call__(self, work: Work, id: str, *, etag: str, caller: str, peer: str) -> None:
        """Refused for the default site, and while tasks belong to it or a run of it has not ended."""
        site = work.sites.lock(id)  # whoever makes a task of it now waits, and finds it gone
        if etag and etag != site.etag:
            raise StaleEtag(site.name)
        if id == self.default_site:
            raise DefaultSite(site.name)
        tasks = work.sites.count_tasks(id)
        if tasks:
            raise SiteInUse(site.name, tasks)
        unfinished = work.sites.unfinished_run(id)  # of a task that was moved to another site since
        if unfinished is not None:
            raise RunUnfinished(site.name, run_name(unfinished))
        work.sites.delete(id)
        work.journal.write(
            self.texts.get("journal.site_deleted", self.locale, site=site.name),
            source=JOURNAL_SOURCE,
            user=caller,
            peer=peer,
            correlation=site.name,
        )
