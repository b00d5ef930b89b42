"""SiteService: where tasks belong and run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.empty_pb2 import Empty

from backroom.scheduler.v1 import scheduler_pb2, scheduler_pb2_grpc
from chassis.auth import Role
from chassis.errors import InvalidInput, NotAllowed, StaleEtag
from chassis.rpc import call
from chassis.rpc.listing import parse_listing
from chassis.rpc.messages import Problems, check_mask
from chassis.rpc.servicer import Servicer
from chassis.rpc.writes import Writes
from services.scheduler.application.create_site import CreateSite
from services.scheduler.application.delete_site import DeleteSite
from services.scheduler.application.ports import OpenWork, Work
from services.scheduler.application.set_mode import SetMode
from services.scheduler.application.update_site import UpdateSite
from services.scheduler.domain.sites import OperatingMode, Site, SiteDraft, site_name, site_problems
from services.scheduler.rpc.calls import PAGE
from services.scheduler.rpc.render import MODES
from services.scheduler.rpc.site_messages import (
    EDITABLE,
    check_site_id,
    merge_site,
    parse_mode,
    parse_site,
    parse_site_id,
    render_site,
    render_span,
)

BEATS = 3  #: heartbeats that a site sends before its silence is too long

ROLES: Mapping[str, Role] = {
    "CreateSite": Role.ADMIN,
    "GetSite": Role.VIEWER,
    "ListSites": Role.VIEWER,
    "UpdateSite": Role.ADMIN,
    "DeleteSite": Role.ADMIN,
    "Heartbeat": Role.VIEWER,  # and the right of the site, or the role `service`: see there
    "SetOperatingMode": Role.ADMIN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteUseCases:
    """What the servicer calls."""

    create_site: CreateSite
    update_site: UpdateSite
    delete_site: DeleteSite
    set_mode: SetMode


class SiteServicer(scheduler_pb2_grpc.SiteServiceServicer):
    """Translates, nothing more."""

    def __init__(self, open_work: OpenWork, writes: Writes[Work], use: SiteUseCases) -> None:
        self._open_work = open_work
        self._writes = writes
        self._use = use

    def CreateSite(self, request: scheduler_pb2.CreateSiteRequest, context: grpc.ServicerContext) -> scheduler_pb2.Site:
        problems = Problems()
        _note(problems, lambda: check_site_id(request.site_id, "site_id"))
        draft = parse_site(request.site, EDITABLE, problems)
        mode = _note(problems, lambda: parse_mode(request.mode, OperatingMode.ISOLATED)) or OperatingMode.ISOLATED
        _check(draft, problems)
        caller = call.current()

        def create(work: Work) -> scheduler_pb2.Site:
            site = self._use.create_site(
                work,
                request.site_id,
                draft,
                mode,
                caller=caller.principal.name,
                peer=caller.peer,
                validate_only=request.validate_only,
            )
            return render_site(site)

        return self._writes.once(request, scheduler_pb2.Site, create)

    def GetSite(self, request: scheduler_pb2.GetSiteRequest, context: grpc.ServicerContext) -> scheduler_pb2.Site:
        id = parse_site_id(request.name)
        with self._open_work() as work:
            return render_site(work.sites.get(id))

    def ListSites(
        self, request: scheduler_pb2.ListSitesRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.ListSitesResponse:
        query = parse_listing(request, default_page_size=PAGE)
        with self._open_work() as work:
            sites, token = work.sites.page(query)
        return scheduler_pb2.ListSitesResponse(sites=[render_site(site) for site in sites], next_page_token=token)

    def UpdateSite(self, request: scheduler_pb2.UpdateSiteRequest, context: grpc.ServicerContext) -> scheduler_pb2.Site:
        problems = Problems()
        id = parse_site_id(request.site.name, "site.name")
        paths = check_mask(request.update_mask, EDITABLE)
        wanted = parse_site(request.site, paths, problems)
        problems.check()

        def update(work: Work) -> scheduler_pb2.Site:
            site = work.sites.get(id)
            if request.site.etag and request.site.etag != site.etag:
                raise StaleEtag(site.name)
            draft = merge_site(site.draft, wanted, paths)
            _check(draft, Problems())
            return render_site(
                self._use.update_site(work, id, draft=draft, etag=site.etag, validate_only=request.validate_only)
            )

        return self._writes.once(request, scheduler_pb2.Site, update)

    def DeleteSite(self, request: scheduler_pb2.DeleteSiteRequest, context: grpc.ServicerContext) -> Empty:
        id, caller = parse_site_id(request.name), call.current()

        def delete(work: Work) -> Empty:
            self._use.delete_site(work, id, etag=request.etag, caller=caller.principal.name, peer=caller.peer)
            return Empty()

        return self._writes.once(request, Empty, delete)

    def Heartbeat(
        self, request: scheduler_pb2.HeartbeatRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.HeartbeatResponse:
        id, principal = parse_site_id(request.name), call.current().principal
        if not principal.has(Role.SERVICE) and site_name(id) not in principal.rights:
            raise NotAllowed(principal.name, f"the role service or the right {site_name(id)}")
        with self._open_work() as work:
            site = work.sites.beat(id, work.now())
        return scheduler_pb2.HeartbeatResponse(mode=MODES[site.mode], next_heartbeat=_next(site))

    def SetOperatingMode(
        self, request: scheduler_pb2.SetOperatingModeRequest, context: grpc.ServicerContext
    ) -> scheduler_pb2.Site:
        id, mode, caller = parse_site_id(request.name), parse_mode(request.mode), call.current()

        def change(work: Work) -> scheduler_pb2.Site:
            return render_site(self._use.set_mode(work, id, mode, caller=caller.principal.name, peer=caller.peer))

        return self._writes.once(request, scheduler_pb2.Site, change)


def servicer(open_work: OpenWork, writes: Writes[Work], use: SiteUseCases) -> Servicer:
    """What chassis serves."""
    return Servicer(
        "backroom.scheduler.v1.SiteService",
        scheduler_pb2_grpc.add_SiteServiceServicer_to_server,
        SiteServicer(open_work, writes, use),
        ROLES,
    )


def _check(draft: SiteDraft, problems: Problems) -> None:
    for problem in site_problems(draft):
        problems.add(problem.field, problem.description)
    problems.check()


def _note(problems: Problems, read: Callable[[], OperatingMode | None]) -> OperatingMode | None:
    try:
        return read()
    except InvalidInput as error:
        problems.extend(error)
        return None


def _next(site: Site) -> Duration | None:
    timeout = site.draft.heartbeat_timeout
    return None if timeout is None else render_span(timeout / BEATS)
