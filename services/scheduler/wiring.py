"""Puts the scheduler together; the only file that sees every room."""

import threading
from functools import cached_property

from chassis import metrics
from chassis.rpc.writes import Writes
from chassis.service import Background, Runtime, Service, Wiring
from chassis.work import Fence
from services.scheduler.application.apply_news import ApplyNews
from services.scheduler.application.check_draft import CheckDraft
from services.scheduler.application.create_task import CreateTask
from services.scheduler.application.deliver_run import DeliverRun
from services.scheduler.application.end_runs import EndRuns
from services.scheduler.application.pause_task import ResumeTask
from services.scheduler.application.plan_due import PlanDue
from services.scheduler.application.ports import Work
from services.scheduler.application.recover_runs import RecoverRuns
from services.scheduler.application.run_task import RunTask
from services.scheduler.application.start_run import StartRun
from services.scheduler.application.update_task import UpdateTask
from services.scheduler.domain.sites import Site
from services.scheduler.gateways.delivery import GrpcDelivery
from services.scheduler.gateways.handlers import GrpcHandlers
from services.scheduler.gateways.measures import PlannerGauges, RunGauges
from services.scheduler.gateways.people import FilePeople
from services.scheduler.rpc import inbox, tasks
from services.scheduler.rpc.status import STATUS
from services.scheduler.settings import SchedulerSettings
from services.scheduler.storage.alarm import ListeningAlarm
from services.scheduler.storage.work import SchedulerWork
from services.scheduler.workers import steps
from services.scheduler.workers.planner import Planner
from services.scheduler.workers.poller import Lookout, Poller
from services.scheduler.workers.recovery import Recovery


class Parts:
    """Everything of one process, each part made when first asked for."""

    def __init__(self, runtime: Runtime[SchedulerSettings]) -> None:
        settings = runtime.settings
        self.runtime, self.settings = runtime, settings
        self.site = Site(name=settings.site, time_zone=settings.time_zone)

    def open_work(self, fence: Fence | None = None) -> SchedulerWork:
        return SchedulerWork(self.runtime.database, self.runtime.bell, fence)

    @cached_property
    def measures(self) -> RunGauges:
        return RunGauges(self.runtime.registry)

    @cached_property
    def planner_measures(self) -> PlannerGauges:
        return PlannerGauges(self.runtime.registry)

    @cached_property
    def people(self) -> FilePeople:
        return FilePeople(self.runtime.principals, self.settings.locale)

    @cached_property
    def handlers(self) -> GrpcHandlers:
        return GrpcHandlers(
            self.runtime.channels.get, self.settings.handler_addresses(), self.settings.delivery_address
        )

    @cached_property
    def delivery(self) -> GrpcDelivery:
        return GrpcDelivery(self.runtime.channels.get, self.settings.delivery_address)

    @cached_property
    def end_runs(self) -> EndRuns:
        return EndRuns(
            people=self.people, texts=self.runtime.texts, measures=self.measures, locale=self.settings.locale
        )

    @cached_property
    def start_run(self) -> StartRun:
        return StartRun(
            open_work=self.open_work,
            handlers=self.handlers,
            delivery=self.delivery,
            people=self.people,
            texts=self.runtime.texts,
            measures=self.measures,
            end_runs=self.end_runs,
            site=self.site,
            locale=self.settings.locale,
        )

    @cached_property
    def deliver_run(self) -> DeliverRun:
        return DeliverRun(open_work=self.open_work, delivery=self.delivery, end_runs=self.end_runs)

    @cached_property
    def apply_news(self) -> ApplyNews:
        return ApplyNews(end_runs=self.end_runs)

    @cached_property
    def lookout(self) -> Lookout:
        return Lookout(self.open_work)

    def poller(self, handler: str) -> Poller:
        return Poller(handler, self.open_work, self.handlers, self.apply_news, self.lookout)

    @cached_property
    def recover_runs(self) -> RecoverRuns:
        return RecoverRuns(end_runs=self.end_runs)

    def use_cases(self) -> tasks.UseCases:
        return tasks.UseCases(
            check_draft=CheckDraft(
                handlers=self.handlers, people=self.people, site=self.site, locale=self.settings.locale
            ),
            create_task=CreateTask(site=self.site),
            update_task=UpdateTask(site=self.site),
            resume_task=ResumeTask(site=self.site),
            run_task=RunTask(site=self.site, texts=self.runtime.texts, locale=self.settings.locale),
        )

    def background(self) -> list[Background]:
        recovery = Recovery(self.open_work, self.recover_runs)
        return [
            *(Background(name=f"poll-{name}", run=self.poller(name).run) for name in self.handlers.names()),
            Background(name="recovery", run=recovery.run),
        ]

    def wiring(self) -> Wiring:
        writes: Writes[Work] = Writes(self.open_work)
        return Wiring(
            servicers=[
                tasks.servicer(self.open_work, writes, self.handlers, self.use_cases()),
                inbox.servicer(self.open_work, writes),
            ],
            kinds=steps.kinds(self.start_run, self.deliver_run),
            lanes=[steps.RUNS_LANE],
            status=STATUS,
            background=self.background(),
        )

    @cached_property
    def plan_due(self) -> PlanDue:
        return PlanDue(site=self.site, texts=self.runtime.texts, locale=self.settings.locale)

    def planner(self, stop: threading.Event) -> Planner:
        alarm = ListeningAlarm(self.runtime.database, stop)
        return Planner(self.open_work, self.plan_due, self.planner_measures, alarm)


def wire(runtime: Runtime[SchedulerSettings]) -> Wiring:
    """What serves and what works."""
    return Parts(runtime).wiring()


def plan(runtime: Runtime[SchedulerSettings], stop: threading.Event) -> None:
    """`python -m services.scheduler plan`: plans until told to stop. Any number of these may run."""
    planner = Parts(runtime).planner(stop)
    watched = metrics.serve_http(runtime.settings.metrics_listen, planner.live, runtime.registry)
    try:
        planner.run(stop)
    finally:
        watched.stop()


SERVICE = Service(
    name="scheduler",
    settings=SchedulerSettings,
    migrations="services.scheduler.storage.migrations",
    wire=wire,
    commands={"plan": plan},
)
