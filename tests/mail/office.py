"""The whole of mail's background work over a real database, a real worker, a real mail server and real peers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from chassis.database import Database
from chassis.network import DENIED, NetworkGate, parse_networks, parse_ports
from chassis.operations import JSON, NewOperation, OperatingMode, Operation, TaskContext
from chassis.operations.worker import Worker
from chassis.rpc.server import Servicer
from chassis.texts import Texts
from services.mail.application.abandon_mail import AbandonMail
from services.mail.application.drain_outbox import OutboxDrain
from services.mail.application.drain_server import ServerDrain
from services.mail.application.ports import Composer, Meter, Transport
from services.mail.application.send_ticket import TicketSender
from services.mail.application.send_tickets import TicketBatchSender
from services.mail.application.sending import MailSender
from services.mail.application.ticket_mails import House, TicketMails
from services.mail.domain.address import parse_address
from services.mail.domain.mail import Mail
from services.mail.domain.servers import OwnServer, Security
from services.mail.domain.states import MailState
from services.mail.gateways.clients import ClientsGateway
from services.mail.gateways.mime import MimeComposer
from services.mail.gateways.pdf import PdfTicketPrinter
from services.mail.gateways.sales import SalesGateway
from services.mail.gateways.smtp import SmtpTransport
from services.mail.gateways.smtp_client import Relay
from services.mail.rpc.service import servicer
from services.mail.storage.work import MailWork
from services.mail.workers.kinds import OUTBOX_LANE, SERVERS_LANE, kinds
from tests.conftest import SilentBell
from tests.mail.peers import PeerServer

SENDER = parse_address("tickets@brico.example")
TEXTS = Texts.of("services.mail")
HOUSE = House(company="BRICO", company_lines=(), time_zone=ZoneInfo("Europe/Paris"), message_id_domain="brico.example")


@dataclass
class Tally(Meter):
    """Counts as the meter does, for the test to read."""

    states: list[MailState] = field(default_factory=list)
    counts: Mapping[MailState, int] = field(default_factory=dict)

    def moved(self, state: MailState, mails: int = 1) -> None:
        self.states += [state] * mails

    def outbox(self, counts: Mapping[MailState, int]) -> None:
        self.counts = counts


@dataclass
class Office:
    """Mail's rooms put together as wiring does; a test may put another transport, composer or meter in."""

    database: Database
    open_work: Callable[..., MailWork]
    peers: PeerServer
    transport: Transport
    composer: Composer
    meter: Tally
    legacy: bool = False

    def worker(self) -> Worker:
        sales, clients = SalesGateway(self.peers.channel), ClientsGateway(self.peers.channel)
        sender = MailSender(self.open_work, self.composer, self.meter, TEXTS, "fr")
        drain = OutboxDrain(self.open_work, self.transport, sender, self.meter, TEXTS, "fr", legacy=self.legacy)
        server_drain = ServerDrain(self.open_work, self.transport, sender, self.meter, TEXTS, "fr")
        batch = TicketBatchSender(self.open_work, sales, clients, self.ticket_mails(), TEXTS, "fr")
        done = kinds(drain, server_drain, batch)
        return Worker(
            self.database,
            SilentBell({kind.name: kind for kind in done}),
            id=uuid4(),
            kinds=done,
            lanes=[OUTBOX_LANE, SERVERS_LANE],
            threads=1,
        )

    def ticket_mails(self) -> TicketMails:
        return TicketMails(HOUSE, PdfTicketPrinter(), TEXTS)

    def ticket_sender(self) -> TicketSender:
        sales, clients = SalesGateway(self.peers.channel), ClientsGateway(self.peers.channel)
        return TicketSender(sales, clients, self.ticket_mails())

    def servicer(self) -> Servicer:
        """What answers calls."""
        practised = TEXTS.get("last_answer.practised", "fr")
        abandon = AbandonMail(meter=self.meter, texts=TEXTS, locale="fr")
        return servicer(self.open_work, self.ticket_sender(), abandon, HOUSE.message_id_domain, practised)

    def send(self) -> None:
        """Does what the outbox's lane holds."""
        self.worker().drain("outbox")

    def send_by_servers(self) -> None:
        """Does what the lane of servers of their own holds."""
        self.worker().drain("servers")

    def take_over(self) -> None:
        """What the keeper does with the work of a process that fell silent."""
        with self.database.begin() as connection:
            connection.execute(
                sa.text("UPDATE operation SET state = 'queued', ready = true, worker = NULL WHERE state = 'running'")
            )

    def pass_time(self) -> None:
        """Whatever waits for a later try is due."""
        with self.database.begin() as connection:
            connection.execute(sa.text("UPDATE mail SET next_time = now() WHERE next_time IS NOT NULL"))
            connection.execute(
                sa.text("UPDATE operation SET ready = true, next_attempt_time = now() WHERE state = 'queued'")
            )

    def mail(self, identifier: UUID) -> Mail:
        with self.open_work() as work:
            found: Mail = work.mails.get(identifier)
        return found

    def mails(self) -> list[tuple[str, str]]:
        """(ticket, state) of every mail."""
        with self.database.begin() as connection:
            rows = connection.execute(sa.text("SELECT ticket, state FROM mail ORDER BY ticket, copy"))
            return [(row.ticket, row.state) for row in rows]

    def passwords(self) -> list[str | None]:
        """Those of servers that people named, as they lie in the database."""
        with self.database.begin() as connection:
            return list(connection.execute(sa.text("SELECT password FROM own_server")).scalars())

    def journal(self) -> list[str]:
        with self.database.begin() as connection:
            return list(connection.execute(sa.text("SELECT text FROM journal_entry ORDER BY number")).scalars())

    def operations(self, kind: str, state: str = "queued") -> int:
        with self.database.begin() as connection:
            query = sa.text("SELECT count(*) FROM operation WHERE kind = :kind AND state = :state")
            return int(connection.execute(query, {"kind": kind, "state": state}).scalar_one())

    def run_task(self, mode: OperatingMode = OperatingMode.NORMAL, locale: str = "fr", **options: JSON) -> Operation:
        """Starts `mail.send-tickets` as the scheduler would, and does it."""
        context = TaskContext(
            attempt=uuid4(),
            run="runs/1",
            task="tasks/1",
            task_title="Envoi des tickets",
            mode=mode,
            owner="anne",
            locale=locale,
            nominal_time=datetime(2017, 1, 31, 22, 30, tzinfo=UTC),
            time_zone="Europe/Paris",
        )
        with self.open_work() as work:
            new = NewOperation(kind="mail.send-tickets", request=options, context=context)
            identifier: UUID = work.operations.add(new)
        self.worker().drain("default")
        return self.operation(identifier)

    def operation(self, identifier: UUID) -> Operation:
        with self.open_work() as work:
            found: Operation = work.operations.get(identifier)
        return found


def relay(port: int, **more: object) -> Relay:
    """A server on loopback that is the administrator's own."""
    facts = {"host": "127.0.0.1", "security": Security.NONE, "hello": "brico.example"}
    patience = {"command_timeout": 3.0, "content_timeout": 3.0}
    return Relay(port=port, **(facts | patience | more))  # type: ignore[arg-type]  # the test's shorthand


def transport(
    port: int, *, denied: str = DENIED, ports: str = "", own_ca: Path | None = None, patience: float = 3.0
) -> SmtpTransport:
    gate = NetworkGate(denied=parse_networks(denied), ports=parse_ports(ports), connect_timeout=3.0)
    return SmtpTransport(relay(port, command_timeout=patience, content_timeout=patience), SENDER, gate, own_ca)


def composer() -> MimeComposer:
    return MimeComposer("BRICO", SENDER)


def own(port: int, **more: object) -> OwnServer:
    """A server on loopback that somebody named for a mail."""
    facts = {"security": Security.NONE, "user_name": "", "password": "", "sender": None}
    return OwnServer(host="127.0.0.1", port=port, **(facts | more))  # type: ignore[arg-type]  # the test's shorthand
