"""Puts mail together; the only file that sees every room."""

from functools import partial
from zoneinfo import ZoneInfo

from chassis.network import NetworkGate, parse_networks, parse_ports
from chassis.service import Background, Runtime, Service, Wiring
from chassis.work import Fence
from services.mail.application.abandon_mail import AbandonMail
from services.mail.application.drain_outbox import OutboxDrain
from services.mail.application.drain_server import ServerDrain
from services.mail.application.send_ticket import TicketSender
from services.mail.application.send_tickets import TicketBatchSender
from services.mail.application.sending import MailSender
from services.mail.application.ticket_mails import House, TicketMails
from services.mail.application.watch_outbox import tell_of_legacy, watch_outbox
from services.mail.gateways.clients import ClientsGateway
from services.mail.gateways.metrics import PrometheusMeter
from services.mail.gateways.mime import MimeComposer
from services.mail.gateways.pdf import PdfTicketPrinter
from services.mail.gateways.sales import SalesGateway
from services.mail.gateways.smtp import SmtpTransport
from services.mail.gateways.smtp_client import Relay
from services.mail.rpc.service import servicer
from services.mail.rpc.status import STATUS
from services.mail.settings import MailSettings
from services.mail.storage.purging import purges
from services.mail.storage.work import MailWork
from services.mail.workers.kinds import OUTBOX_LANE, SERVERS_LANE, TASK_TYPES, kinds
from services.mail.workers.legacy import telling
from services.mail.workers.watch import watching


def wire(runtime: Runtime[MailSettings]) -> Wiring:
    """Everything of one process."""
    settings = runtime.settings
    keyring = runtime.keyring

    def open_work(fence: Fence | None = None) -> MailWork:
        return MailWork(runtime.database, runtime.bell, keyring, fence)

    sales = SalesGateway(runtime.channels.get(settings.sales_address))
    clients = ClientsGateway(runtime.channels.get(settings.clients_address))
    meter = PrometheusMeter()
    texts, locale = runtime.texts, settings.locale
    ticket_mails = TicketMails(house_of(settings), PdfTicketPrinter(), texts)
    relay = settings.house_relay
    meter.legacy(relay.legacy)
    transport = SmtpTransport(relay_of(settings), relay.sender, gate_of(settings), settings.own_server_ca)
    mail_sender = MailSender(open_work, MimeComposer(settings.sender_label, relay.sender), meter, texts, locale)
    drain = OutboxDrain(open_work, transport, mail_sender, meter, texts, locale, legacy=relay.legacy)
    server_drain = ServerDrain(open_work, transport, mail_sender, meter, texts, locale)
    background = [
        Background(
            name="outbox-watch",
            run=watching(partial(watch_outbox, open_work, meter), settings.outbox_watch),
        )
    ]
    if relay.legacy:
        text = texts.get("journal.legacy", locale, server=str(relay.address))
        tell = telling(partial(tell_of_legacy, open_work, text), str(relay.address))
        background.append(Background(name="legacy-notice", run=tell))
    return Wiring(
        servicers=[
            servicer(
                open_work,
                TicketSender(sales, clients, ticket_mails),
                AbandonMail(meter=meter, texts=texts, locale=locale),
                settings.own_domain,
                texts.get("last_answer.practised", locale),
            )
        ],
        kinds=kinds(drain, server_drain, TicketBatchSender(open_work, sales, clients, ticket_mails, texts, locale)),
        lanes=[OUTBOX_LANE, SERVERS_LANE],
        task_types=TASK_TYPES,
        status=STATUS,
        background=background,
        purges=purges(mails=settings.mail_days, addresses=settings.address_days),
    )


def house_of(settings: MailSettings) -> House:
    """In whose name tickets are mailed."""
    return House(
        company=settings.company,
        company_lines=tuple(line.strip() for line in settings.company_lines.split("|") if line.strip()),
        time_zone=ZoneInfo(settings.time_zone),
        message_id_domain=settings.own_domain,
    )


def relay_of(settings: MailSettings) -> Relay:
    """The server that takes our mails."""
    relay = settings.house_relay
    return Relay(
        host=relay.address.host,
        port=relay.address.port,
        security=relay.security,
        user=relay.user,
        password=relay.password,
        ca=settings.smtp_ca,
        hello=settings.own_domain,
        command_timeout=settings.smtp_timeout.total_seconds(),
        content_timeout=settings.smtp_content_timeout.total_seconds(),
    )


def gate_of(settings: MailSettings) -> NetworkGate:
    """Where servers that people name may lie."""
    return NetworkGate(
        denied=parse_networks(settings.denied_networks),
        allowed=parse_networks(settings.allowed_networks),
        ports=parse_ports(settings.allowed_ports),
        connect_timeout=settings.smtp_timeout.total_seconds(),
    )


SERVICE = Service(
    name="mail",
    settings=MailSettings,
    migrations="services.mail.storage.migrations",
    wire=wire,
)
