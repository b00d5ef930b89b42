"""Puts delivery together: the only file that sees every room."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import PurePosixPath

from chassis.errors import LimitReached, Unavailable
from chassis.network import parse_networks, parse_ports
from chassis.service import Background, Runtime, Service, Wiring
from chassis.work import Fence
from services.delivery.application.carrying import Carry
from services.delivery.application.checking import CheckDestination
from services.delivery.application.discarding_files import DiscardFile
from services.delivery.application.failing_tries import FailureKeeper
from services.delivery.application.fetching import FetchFiles
from services.delivery.application.keeping_destinations import KeepDestinations
from services.delivery.application.ledger import Ledger
from services.delivery.application.ports import Locales
from services.delivery.application.retrying_files import RetryDelivery
from services.delivery.application.sealing_runs import SendSpool
from services.delivery.application.sending import Batches, RetryLeftovers, SendSealed
from services.delivery.application.sending_through import SendFile
from services.delivery.application.spool_ports import Figures
from services.delivery.application.staging_files import StageFile
from services.delivery.application.sweeping import Sweep
from services.delivery.application.verifying import VerifyDestination
from services.delivery.gateways.carriers import OpenCarrier, OpenPost, OpenSource
from services.delivery.gateways.mail import OpenMail
from services.delivery.gateways.network import Gate, Patience
from services.delivery.gateways.places import Places
from services.delivery.gateways.shared_tries import SharedTries
from services.delivery.rpc.calls import UseCases
from services.delivery.rpc.fetch_meter import FetchMeter
from services.delivery.rpc.service import servicer
from services.delivery.rpc.status import STATUS
from services.delivery.settings import DeliverySettings
from services.delivery.storage.fetch_disk import FetchDisk
from services.delivery.storage.fetch_guard import FetchGuard
from services.delivery.storage.purging import purges
from services.delivery.storage.spool_folder import SpoolFolder
from services.delivery.storage.streams import Streams
from services.delivery.storage.work import DeliveryWork
from services.delivery.workers.figures import FileMeter, SpoolCollector
from services.delivery.workers.kinds import RETRYING, SENDING, kinds
from services.delivery.workers.milestones import LoggedMilestones
from services.delivery.workers.sweeper import Sweeper

VERIFYING_AT_ONCE, FETCHING_AT_ONCE = 4, 4
FETCH_PATIENCE = timedelta(seconds=1)  #: a consumer that was cut off comes again at once


def wire(runtime: Runtime[DeliverySettings]) -> Wiring:
    """Delivery, for one process."""
    settings = runtime.settings
    texts, locale = runtime.texts, settings.locale

    def open_work(fence: Fence | None = None) -> DeliveryWork:
        return DeliveryWork(runtime.database, runtime.bell, runtime.keyring, fence)

    roots, sandbox = roots_of(settings), sandbox_of(settings)
    spool = SpoolFolder(settings.var / "TMP", free_floor=settings.spool_free_floor)
    carriers = carriers_of(settings, roots, sandbox)
    mail = mail_of(runtime)
    posts = OpenPost(mail=mail, gate=carriers.gate, patience=carriers.patience)
    ledger = Ledger(
        open_work=open_work,
        spool=spool,
        failures=FailureKeeper(open_work=open_work, texts=texts, locale=locale),
        milestones=LoggedMilestones(),
        meter=FileMeter(runtime.registry),
        stopwatch=time.monotonic,
    )
    carry = Carry(ledger=ledger, carriers=carriers, posts=posts)
    batches = Batches(
        open_work=open_work, carry=carry, sandbox=str(sandbox), pause=pause, patience=settings.destination_patience
    )
    send = SendSealed(open_work=open_work, batches=batches, texts=texts, locales=locales_of(runtime))
    retry = RetryLeftovers(open_work=open_work, batches=batches, come_back=settings.retry_soonest)
    use = UseCases(
        keep=KeepDestinations(roots=roots),
        verify=VerifyDestination(
            open_work=open_work,
            carriers=carriers,
            posts=posts,
            roots=roots,
            texts=texts,
            locale=locale,
            places=verifying_places(),
        ),
        check=CheckDestination(
            open_work=open_work,
            carriers=carriers,
            posts=posts,
            shared=SharedTries(settings.check_good_for.total_seconds()),
            sandbox=str(sandbox),
            good_for=settings.check_good_for,
        ),
        stage=StageFile(open_work=open_work, spool=spool),
        send_file=SendFile(
            open_work=open_work,
            carriers=carriers,
            streams=Streams(runtime.database),
            failures=ledger.failures,
            milestones=ledger.milestones,
            meter=ledger.meter,
            sandbox=str(sandbox),
            places=streaming_places(settings.streams_at_once),
        ),
        silence=settings.stream_silence,
        send_spool=SendSpool(open_work=open_work, spool=spool, texts=texts, locale=locale),
        discard=DiscardFile(messages=mail, texts=texts, locale=locale),
        retry=RetryDelivery(texts=texts, locale=locale),
        fetch=FetchFiles(
            open_work=open_work,
            places=fetching_places(),
            sources=OpenSource(roots=roots, sandbox=sandbox, gate=carriers.gate, patience=carriers.patience),
            sandbox=str(sandbox),
            guard=FetchGuard(runtime.database, FETCH_PATIENCE),
            disk=FetchDisk(settings.var / "TMP", free_floor=settings.spool_free_floor),
            meter=FetchMeter(runtime.registry),
            texts=texts,
            locale=locale,
            elapsed=time.monotonic,
        ),
        spool=spool,
        texts=texts,
    )
    sweep = Sweep(
        open_work=open_work,
        spool=spool,
        lying=spool,
        orphan_age=settings.orphan_age,
        stale_age=timedelta(days=settings.provisional_days),
    )
    if runtime.process == "work":
        runtime.registry.register(SpoolCollector(figures_of(open_work)))
    return Wiring(
        servicers=[servicer(open_work, use)],
        kinds=kinds(send, retry),
        lanes=[SENDING, RETRYING],
        status=STATUS,
        purges=purges(history=timedelta(days=settings.history_days), fetched=timedelta(days=settings.fetched_days)),
        background=[Background(name="sweeper", run=Sweeper(sweep, settings.sweep_every).run)],
    )


def roots_of(settings: DeliverySettings) -> list[PurePosixPath]:
    """The folders that server paths must lie in. The default one is made here; the others are the administrator's."""
    given = [part for part in settings.path_roots.split(":") if part]
    if given:
        return [PurePosixPath(part) for part in given]
    outgoing = settings.var.absolute() / "outgoing"
    outgoing.mkdir(mode=0o755, parents=True, exist_ok=True)
    return [PurePosixPath(outgoing)]


def sandbox_of(settings: DeliverySettings) -> PurePosixPath:
    """Where what is practised with goes: a folder for each destination."""
    sandbox = settings.var.absolute() / "sandbox"
    sandbox.mkdir(mode=0o755, parents=True, exist_ok=True)
    return PurePosixPath(sandbox)


def carriers_of(settings: DeliverySettings, roots: list[PurePosixPath], sandbox: PurePosixPath) -> OpenCarrier:
    """The ways out."""
    return OpenCarrier(
        roots=roots,
        sandbox=sandbox,
        gate=Gate(
            denied=parse_networks(settings.denied_networks),
            allowed=parse_networks(settings.allowed_networks),
            ports=parse_ports(settings.allowed_ports),
            connect_timeout=settings.connect_timeout.total_seconds(),
        ),
        patience=Patience(
            greeting=settings.greeting_timeout.total_seconds(),
            login=settings.login_timeout.total_seconds(),
            answer=settings.answer_timeout.total_seconds(),
        ),
    )


def verifying_places() -> Places:
    """A try is short: who finds none comes again in a moment."""
    return Places(
        VERIFYING_AT_ONCE,
        lambda: Unavailable("several destinations are being verified just now; try again", timedelta(seconds=5)),
    )


def fetching_places() -> Places:
    """Each holds a connection and a session of the database beside its thread."""
    return Places(
        FETCHING_AT_ONCE,
        lambda: LimitReached(f"{FETCHING_AT_ONCE} fetches are running already; try again when one has ended"),
    )


def streaming_places(number: int) -> Places:
    """The same."""
    return Places(number, lambda: LimitReached(f"{number} files are being sent past the spool already; try later"))


def mail_of(runtime: Runtime[DeliverySettings]) -> OpenMail:
    """The way to the mail service."""
    settings = runtime.settings
    return OpenMail(
        channel=lambda: runtime.channels.get(settings.mail_address),
        texts=runtime.texts,
        locale=settings.locale,
        patience=settings.mail_patience,
    )


def locales_of(runtime: Runtime[DeliverySettings]) -> Locales:
    """The language of a principal; the service's own for one that has gone."""

    def locale(name: str) -> str:
        principal = runtime.principals.get(name)
        return runtime.settings.locale if principal is None else principal.locale

    return locale


def figures_of(open_work: Callable[[], AbstractContextManager[DeliveryWork]]) -> Callable[[], Figures]:
    """Looks at the spool."""

    def figures() -> Figures:
        with open_work() as work:
            return work.upkeep.figures()

    return figures


def pause(length: timedelta) -> None:
    """Waits."""
    time.sleep(length.total_seconds())


SERVICE = Service(
    name="delivery", settings=DeliverySettings, migrations="services.delivery.storage.migrations", wire=wire
)
