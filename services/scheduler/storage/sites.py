"""Sites as they are kept."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from chassis.database import among
from chassis.errors import ResourceExists, UnknownResource
from chassis.listing import Listing, ListQuery, boolean, enum, text
from services.scheduler.domain.sites import OperatingMode, Site, SiteDraft, SiteMode, site_name
from services.scheduler.storage import forms
from services.scheduler.storage.tables import run, site, task

LISTING = Listing(
    fields={
        "id": text(site.c.name),
        "title": text(site.c.title),
        "time_zone": text(site.c.time_zone),
        "mode": enum(site.c.mode, OperatingMode),
        "online": boolean(site.c.online),
    },
    default_order="id",
    key=site.c.name,
)
#: Versions of modes follow the clock: neither a site made again under an old name nor a restored backup begins with
#: versions that handlers have seen already.
CLOCK = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)"
SET_MODE = sa.text(
    f"""
    UPDATE site SET mode = :mode, mode_version = greatest(mode_version + 1, {CLOCK}), unacknowledged = :handlers
    WHERE name = :id RETURNING *
    """  # noqa: S608 - put together from the constant above
)
#: A central handler that is none any more need not be told; what a site has of its own is its row's business.
TO_TELL = sa.text(
    """
    UPDATE site SET unacknowledged = ARRAY(
        SELECT DISTINCT key FROM unnest(unacknowledged || CAST(:handlers AS text[])) AS told(key)
        WHERE key = ANY(:handlers) OR key LIKE '%/%' ORDER BY key)
    FROM (SELECT name FROM site ORDER BY name FOR NO KEY UPDATE) AS kept WHERE site.name = kept.name
    """
)
ACKNOWLEDGE = sa.text(
    """
    UPDATE site SET unacknowledged = array_remove(unacknowledged, :handler) FROM (
        SELECT name FROM site JOIN jsonb_to_recordset(CAST(:rows AS jsonb)) AS told(site text, version bigint)
            ON site.name = told.site AND site.mode_version = told.version
        ORDER BY name FOR NO KEY UPDATE OF site
    ) AS told WHERE site.name = told.name
    """
)
ONLINE = "heartbeat_timeout IS NULL OR coalesce(heartbeat_time, create_time) + heartbeat_timeout > now()"
LOOK = sa.text(
    f"""
    UPDATE site SET online = NOT online FROM (
        SELECT name FROM site WHERE online IS DISTINCT FROM ({ONLINE}) ORDER BY name FOR NO KEY UPDATE
    ) AS changed WHERE site.name = changed.name RETURNING site.*
    """  # noqa: S608 - put together from the constant above
)
ONLY_WATCHER = sa.text("SELECT pg_try_advisory_xact_lock(hashtext('scheduler watches sites'))")


class Sites:
    """Sites, inside one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, id: str, draft: SiteDraft, mode: OperatingMode, handlers: Iterable[str] = ()) -> None:
        """Keeps a new site; `handlers` are to be told its mode. Raises `ResourceExists`."""
        values = forms.site_values(draft) | {
            "name": id,
            "mode": mode.value,
            "mode_version": sa.text(CLOCK),
            "unacknowledged": sorted(handlers),
        }
        added = insert(site).values(values).on_conflict_do_nothing().returning(site.c.name)
        if self._connection.execute(added).first() is None:
            raise ResourceExists(site_name(id))

    def ensure(self, id: str, time_zone: str) -> None:
        """Makes the site that tasks belong to by default, if it is missing; it begins in normal mode."""
        values = forms.site_values(SiteDraft(time_zone=time_zone)) | {"name": id, "mode": OperatingMode.NORMAL.value}
        self._connection.execute(insert(site).values(values).on_conflict_do_nothing())

    def get(self, id: str) -> Site:
        """Raises `UnknownResource`."""
        found = self.get_many([id])
        if not found:
            raise UnknownResource(site_name(id))
        return found[id]

    def get_many(self, ids: Iterable[str]) -> dict[str, Site]:
        """Those that exist."""
        rows = self._connection.execute(sa.select(site).where(among(site.c.name, set(ids))))
        return {row.name: forms.site_from_row(row) for row in rows}

    def keep(self, id: str) -> Site | None:
        """The site, if there is one, as it stays until this transaction ends; it goes on to say that it is there."""
        return self.keep_many([id]).get(id)

    def keep_many(self, ids: Iterable[str]) -> dict[str, Site]:
        """The same of those that exist, in the order of their names."""
        query = sa.select(site).where(site.c.name.in_(set(ids))).order_by(site.c.name)
        rows = self._connection.execute(query.with_for_update(read=True, key_share=True))
        return {row.name: forms.site_from_row(row) for row in rows}

    def lock(self, id: str) -> Site:
        """The site, which nobody else changes until this transaction ends. Raises `UnknownResource`.

        Planners and whoever makes a task or a run of it by hand wait: they keep it as it is.
        """
        row = self._connection.execute(sa.select(site).where(site.c.name == id).with_for_update()).first()
        if row is None:
            raise UnknownResource(site_name(id))
        return forms.site_from_row(row)

    def change(self, id: str, draft: SiteDraft) -> None:
        """Keeps what a person edited; its etag changes with it."""
        values = forms.site_values(draft) | {"version": site.c.version + 1}
        self._connection.execute(sa.update(site).where(site.c.name == id).values(values))

    def delete(self, id: str) -> None:
        self._connection.execute(sa.delete(site).where(site.c.name == id))

    def page(self, query: ListQuery) -> tuple[Sequence[Site], str]:
        """One page of sites, and the token of the next."""
        page = LISTING.page(self._connection, sa.select(site), query)
        return [forms.site_from_row(row) for row in page.rows], page.next_page_token

    def set_mode(self, id: str, mode: OperatingMode, handlers: Iterable[str]) -> Site:
        """Keeps a new mode, which these handlers are to be told."""
        row = self._connection.execute(SET_MODE, {"id": id, "mode": mode.value, "handlers": sorted(handlers)}).one()
        return forms.site_from_row(row)

    def to_tell(self, handlers: Iterable[str]) -> None:
        """Has the central handlers told the mode of every site, whatever they knew before."""
        self._connection.execute(TO_TELL, {"handlers": sorted(handlers)})

    def not_told(self, handler: str, limit: int) -> Sequence[SiteMode]:
        """The modes of sites that a handler has not acknowledged."""
        query = sa.select(site.c.name, site.c.mode, site.c.mode_version).where(
            site.c.unacknowledged.contains([handler])
        )
        rows = self._connection.execute(query.order_by(site.c.name).limit(limit))
        return [SiteMode(site=row.name, mode=OperatingMode(row.mode), version=row.mode_version) for row in rows]

    def acknowledge(self, handler: str, modes: Sequence[SiteMode]) -> None:
        """A handler has been told these; of a site whose mode has changed since it has not."""
        rows = [{"site": each.site, "version": each.version} for each in modes]
        self._connection.execute(ACKNOWLEDGE, {"handler": handler, "rows": json.dumps(rows)})

    def beat(self, id: str, now: datetime) -> Site:
        """Notes that a site is there. Raises `UnknownResource`."""
        query = sa.update(site).where(site.c.name == id).values(heartbeat_time=now).returning(site)
        row = self._connection.execute(query).first()
        if row is None:
            raise UnknownResource(site_name(id))
        return forms.site_from_row(row)

    def only_watcher(self) -> bool:
        """True in one transaction at a time."""
        return bool(self._connection.execute(ONLY_WATCHER).scalar_one())

    def look(self) -> Sequence[Site]:
        """Notes which sites are there, by the database's clock; answers those of which that has changed."""
        return [forms.site_from_row(row) for row in self._connection.execute(LOOK)]

    def count_tasks(self, id: str) -> int:
        """How many tasks belong to a site, temporary ones counted."""
        query = sa.select(sa.func.count()).select_from(task).where(task.c.site == id)
        return int(self._connection.execute(query).scalar_one())

    def unfinished_run(self, id: str) -> int | None:
        """The first run of a site that has not ended, if there is one."""
        query = sa.select(sa.func.min(run.c.number)).where(run.c.site == id, run.c.end_time.is_(None))
        number: int | None = self._connection.execute(query).scalar_one()
        return number
