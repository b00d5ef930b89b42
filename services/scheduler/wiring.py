"""Puts the scheduler together; the only file that sees every room."""

import threading
from collections.abc import Sequence
from functools import cached_property, lru_cache

from chassis import metrics
from chassis.operations import Kind
from chassis.rpc.writes import Writes
from chassis.service import Background, Runtime, Service, Wiring
from chassis.work import Fence
from services.scheduler.application.apply_news import ApplyNews
from services.scheduler.application.backfill_task import BackfillTask
from services.scheduler.application.cancel_attempts import CancelAttempts
from services.scheduler.application.cancel_run import CancelRun
from services.scheduler.application.cancel_runs import CancelRuns
from services.scheduler.application.check_draft import CheckDraft
from services.scheduler.application.create_site import CreateSite
from services.scheduler.application.delete_site import DeleteSite
from services.scheduler.application.deliver_run import DeliverRun
from services.scheduler.application.do_everywhere import DoEverywhere
from services.scheduler.application.end_runs import EndRuns
from services.scheduler.application.enforce_deadlines import EnforceDeadlines
from services.scheduler.application.mail_report import MailReport
from services.scheduler.application.plan_due import PlanDue
from services.scheduler.application.ports import Work
from services.scheduler.application.push_modes import PushModes
from services.scheduler.application.recover_runs import RecoverRuns
from services.scheduler.application.retry_run import RetryRun
from services.scheduler.application.run_task import RunTask
from services.scheduler.application.send_live_message import SendLiveMessage
from services.scheduler.application.set_mode import SetMode
from services.scheduler.application.start_runs import StartRuns
from services.scheduler.application.tell_people import TellPeople
from services.scheduler.application.update_site import UpdateSite
from services.scheduler.application.watch_sites import WatchSites
from services.scheduler.gateways.addresses import AddressBook
from services.scheduler.gateways.delivery import GrpcDelivery
from services.scheduler.gateways.handlers import GrpcHandlers
from services.scheduler.gateways.journals import GrpcJournals
from services.scheduler.gateways.mail import GrpcMail
from services.scheduler.gateways.measures import PlannerGauges, RunGauges
from services.scheduler.gateways.people import FilePeople
from services.scheduler.rpc import inbox, service
from services.scheduler.rpc import sites as site_service
from services.scheduler.rpc.calls import UseCases
from services.scheduler.rpc.sites import SiteUseCases
from services.scheduler.rpc.status import STATUS
from services.scheduler.rpc.watchers import Watchers
from services.scheduler.settings import SchedulerSettings
from services.scheduler.storage.alarm import ListeningAlarm
from services.scheduler.storage.purging import purges
from services.scheduler.storage.work import SchedulerWork
from services.scheduler.workers import sites, steps, system_tasks
from services.scheduler.workers.planner import Planner
from services.scheduler.workers.poller import Lookout, Poller
from services.scheduler.workers.polling import Polling
from services.scheduler.workers.sweep import Sweep


class Parts:
    """Everything of one process, each part made when first asked for."""

    def __init__(self, runtime: Runtime[SchedulerSettings]) -> None:
        settings = runtime.settings
        self.runtime, self.settings = runtime, settings

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
    def addresses(self) -> AddressBook:
        return AddressBook(self.settings.handler_addresses(), self.settings.delivery_address, self.open_work)

    @cached_property
    def handlers(self) -> GrpcHandlers:
        return GrpcHandlers(self.runtime.channels.get, self.addresses)

    @cached_property
    def journals(self) -> GrpcJournals:
        return GrpcJournals(self.runtime.channels.get, self.addresses)

    @cached_property
    def delivery(self) -> GrpcDelivery:
        return GrpcDelivery(self.runtime.channels.get, self.addresses)

    @cached_property
    def end_runs(self) -> EndRuns:
        return EndRuns(
            tell=TellPeople(people=self.people, texts=self.runtime.texts),
            people=self.people,
            texts=self.runtime.texts,
            measures=self.measures,
            locale=self.settings.locale,
        )

    @cached_property
    def cancel_runs(self) -> CancelRuns:
        return CancelRuns(end_runs=self.end_runs)

    @cached_property
    def start_runs(self) -> StartRuns:
        return StartRuns(
            open_work=self.open_work,
            handlers=self.handlers,
            delivery=self.delivery,
            people=self.people,
            texts=self.runtime.texts,
            measures=self.measures,
            end_runs=self.end_runs,
            apply_news=self.apply_news,
            locale=self.settings.locale,
        )

    @cached_property
    def deliver_run(self) -> DeliverRun:
        return DeliverRun(open_work=self.open_work, delivery=self.delivery, end_runs=self.end_runs)

    @cached_property
    def mail_report(self) -> MailReport:
        return MailReport(mail=GrpcMail(self.runtime.channels.get, self.settings.mail_address))

    @cached_property
    def cancel_attempts(self) -> CancelAttempts:
        return CancelAttempts(handlers=self.handlers)

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

    def recover(self) -> int:
        """Ends a batch of runs whose step was given up."""
        with self.open_work() as work:
            return self.recover_runs(work)

    @cached_property
    def enforce_deadlines(self) -> EnforceDeadlines:
        return EnforceDeadlines(
            open_work=self.open_work,
            handlers=self.handlers,
            apply_news=self.apply_news,
            texts=self.runtime.texts,
            locale=self.settings.locale,
            grace=self.settings.cancel_grace,
        )

    def use_cases(self) -> UseCases:
        return UseCases(
            check_draft=CheckDraft(
                handlers=self.handlers,
                people=self.people,
                default_site=self.settings.site,
                locale=self.settings.locale,
            ),
            run_task=RunTask(texts=self.runtime.texts, locale=self.settings.locale),
            cancel_run=CancelRun(cancel_runs=self.cancel_runs, texts=self.runtime.texts, locale=self.settings.locale),
            retry_run=RetryRun(texts=self.runtime.texts, locale=self.settings.locale),
            backfill_task=BackfillTask(texts=self.runtime.texts, locale=self.settings.locale),
            watchers=Watchers(self.open_work, self.journals, max(self.settings.max_concurrent_calls // 2, 1)),
            texts=self.runtime.texts,
            default_site=self.settings.site,
        )

    @cached_property
    def watch_sites(self) -> WatchSites:
        return WatchSites(end_runs=self.end_runs, texts=self.runtime.texts, locale=self.settings.locale)

    @cached_property
    def push_modes(self) -> PushModes:
        return PushModes(open_work=self.open_work, handlers=self.handlers)

    def site_use_cases(self) -> SiteUseCases:
        texts, locale, central = self.runtime.texts, self.settings.locale, self.addresses.central()
        return SiteUseCases(
            create_site=CreateSite(texts=texts, central=central, locale=locale),
            update_site=UpdateSite(central=central),
            delete_site=DeleteSite(texts=texts, default_site=self.settings.site, locale=locale),
            set_mode=SetMode(texts=texts, central=central, locale=locale),
        )

    def background(self) -> list[Background]:
        polling = Polling(self.lookout, self.poller)
        recovery = Sweep(found="runs whose step was given up", look=self.recover)
        deadlines = Sweep(found="attempts that took too long, or were cancelled in vain", look=self.enforce_deadlines)
        watch = sites.SiteWatch(self.open_work, self.watch_sites, self.addresses.central())
        return [
            Background(name="polling", run=polling.run),
            Background(name="recovery", run=recovery.run),
            Background(name="deadlines", run=deadlines.run),
            Background(name="sites", run=watch.run),
        ]

    def system_kinds(self) -> Sequence[Kind]:
        def everywhere(work: str) -> DoEverywhere:
            return DoEverywhere(open_work=self.open_work, handlers=self.handlers, texts=self.runtime.texts, work=work)

        send = SendLiveMessage(open_work=self.open_work, people=self.people, texts=self.runtime.texts)
        return system_tasks.system_kinds(everywhere("maintenance"), everywhere("purge"), send)

    def wiring(self) -> Wiring:
        writes: Writes[Work] = Writes(self.open_work)
        return Wiring(
            servicers=[
                service.servicer(self.open_work, writes, self.handlers, self.use_cases()),
                inbox.servicer(self.open_work, writes),
                site_service.servicer(self.open_work, writes, self.site_use_cases()),
            ],
            kinds=[
                *steps.kinds(self.start_runs, self.deliver_run, self.cancel_attempts, self.mail_report),
                *self.system_kinds(),
                *sites.kinds(self.push_modes),
            ],
            lanes=[steps.RUNS_LANE, sites.SITES_LANE],
            task_types=system_tasks.TASK_TYPES,
            status=STATUS,
            background=self.background(),
            purges=purges(runs=self.settings.run_days, messages=self.settings.message_days),
        )

    @cached_property
    def plan_due(self) -> PlanDue:
        return PlanDue(
            texts=self.runtime.texts,
            locale=self.settings.locale,
            cancel_runs=self.cancel_runs,
            measures=self.planner_measures,
        )

    def planner(self, stop: threading.Event) -> Planner:
        alarm = ListeningAlarm(self.runtime.database, stop)
        return Planner(self.open_work, self.plan_due, self.planner_measures, alarm)


@lru_cache(maxsize=1)  # a process has one runtime, and what it measures is registered once
def parts_of(runtime: Runtime[SchedulerSettings]) -> Parts:
    return Parts(runtime)


def wire(runtime: Runtime[SchedulerSettings]) -> Wiring:
    """What serves and what works."""
    return parts_of(runtime).wiring()


def plan(runtime: Runtime[SchedulerSettings], stop: threading.Event) -> None:
    """`python -m services.scheduler plan`: plans until told to stop. Any number of these may run."""
    planner = parts_of(runtime).planner(stop)
    watched = metrics.serve_http(runtime.settings.metrics_listen, planner.live, runtime.registry)
    try:
        planner.run(stop)
    finally:
        watched.stop()


def prepare(runtime: Runtime[SchedulerSettings]) -> None:
    """The site that tasks belong to by default is there; from then on people edit it as any other."""
    with SchedulerWork(runtime.database, runtime.bell) as work:
        work.sites.ensure(runtime.settings.site, runtime.settings.time_zone)


SERVICE = Service(
    name="scheduler",
    settings=SchedulerSettings,
    migrations="services.scheduler.storage.migrations",
    wire=wire,
    prepare=prepare,
    commands={"plan": plan},
)
