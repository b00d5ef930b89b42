"""What tests of mail stand on: tickets to print, a mail server whose answers the test chooses, a mail database."""

import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from chassis.database import Database
from chassis.operations import OperatingMode, SiteMode
from chassis.secrets import KeyRing
from chassis.texts import Texts
from chassis.work import Fence
from services.mail.application.outbox import enqueue
from services.mail.domain.address import parse_address
from services.mail.domain.mail import NewMail
from services.mail.domain.message import Attachment
from services.mail.domain.printed import TicketDocument
from services.mail.domain.ticket import Payment, Ticket, TicketLine
from services.mail.domain.wording import TicketWords
from services.mail.storage.work import MailWork
from tests.certificates import self_signed
from tests.conftest import SilentBell
from tests.mail.mail_server import MailServer
from tests.mail.office import Office, Tally, composer, transport
from tests.mail.peers import PeerServer

OpenMailWork = Callable[..., MailWork]


def line(label: str = "Café moulu 250 g", **more: object) -> TicketLine:
    facts = {
        "item": "3760000000017",
        "label": label,
        "quantity": Decimal(2),
        "amount": Decimal("7.00"),
        "discount": Decimal(0),
        "vat_rate": Decimal("5.5"),
    }
    return TicketLine(**(facts | more))  # type: ignore[arg-type]  # the test's shorthand


def ticket(**more: object) -> Ticket:
    base = Ticket(
        name="tickets/12-1-4",
        store="12",
        register=1,
        number=4,
        business_date=date(2017, 1, 31),
        close_time=datetime(2017, 1, 31, 17, 5, 9, tzinfo=UTC),
        client="C1",
        cashier="DUPOND",
        lines=(line(), line("Marteau", quantity=Decimal(1), amount=Decimal("12.00"), vat_rate=Decimal(20))),
        payments=(Payment(means="CB", amount=Decimal("19.00")),),
        total=Decimal("19.00"),
        currency="EUR",
        signature="",
    )
    return replace(base, **more)  # type: ignore[arg-type]  # the test's shorthand


def words(locale: str = "fr") -> TicketWords:
    texts = Texts.of("services.mail")
    return TicketWords(**{name: texts.get(f"ticket.{name}", locale) for name in TicketWords.__slots__})


def document(printed: Ticket | None = None, **more: object) -> TicketDocument:
    printed = printed or ticket()
    base = TicketDocument(
        ticket=printed,
        company="BRICO",
        company_lines=("1 rue de la Paix", "75002 Paris"),
        closed_at=printed.close_time,
        duplicate=False,
        words=words(),
    )
    return replace(base, **more)  # type: ignore[arg-type]  # the test's shorthand


def new_mail(*recipients: str, **more: object) -> NewMail:
    identifier = uuid4()
    base = NewMail(
        id=identifier,
        message_id=f"<{identifier}@brico.example>",
        recipients=tuple(map(parse_address, recipients or ("anne@client.example",))),
        walk_in=False,
        subject="Votre ticket n° 4",
        body="Bonjour,\n\nVoici votre ticket.\n",
        attachments=(Attachment(file_name="C1-4-BRICO.pdf", media_type="application/pdf", content=b"%PDF-1.4"),),
        site="default",
        mode="normal",
    )
    return replace(base, **more)  # type: ignore[arg-type]  # the test's shorthand


def put(open_work: OpenMailWork, *mails: NewMail) -> None:
    """Stores mails and has them sent."""
    with open_work() as work:
        enqueue(work, mails)


def set_mode(open_work: OpenMailWork, mode: OperatingMode, version: int, site: str = "lille") -> None:
    """What a site may do by itself from now on."""
    with open_work() as work:
        work.operations.set_modes([SiteMode(site=site, mode=mode, version=version)])


def content_of(database: Database, mail: UUID) -> list[bytes | None]:
    """What is kept of a mail's attachments."""
    with database.begin() as connection:
        query = sa.text("SELECT content FROM attachment WHERE mail = :mail ORDER BY ordinal")
        return list(connection.execute(query, {"mail": mail}).scalars())


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's context and the authority that vouches for it."""
    chain, private = self_signed(tmp_path, ["127.0.0.1"])
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, private)
    return context, chain


@pytest.fixture
def protected(certificate: tuple[ssl.SSLContext, Path]) -> Iterator[Callable[..., MailServer]]:
    started: list[MailServer] = []

    def start(**how: object) -> MailServer:
        server = MailServer(**how)  # type: ignore[arg-type]  # the test's shorthand
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def own_server(protected: Callable[..., MailServer]) -> MailServer:
    return protected()


@pytest.fixture
def keyring(tmp_path: Path) -> KeyRing:
    return KeyRing.create(tmp_path / "keyring")


@pytest.fixture
def mail_database(make_database: Callable[[str | None], Database]) -> Database:
    return make_database("services.mail.storage.migrations")


class OutboxBell(SilentBell):
    """Knows the lanes of mail, whether or not the test does its work."""

    def lane_of(self, kind: str) -> str:
        return {"mail.send-outbox": "outbox", "mail.send-by-server": "servers"}.get(kind, "default")


@pytest.fixture
def open_work(mail_database: Database, keyring: KeyRing) -> OpenMailWork:
    bell = OutboxBell()

    def opened(fence: Fence | None = None) -> MailWork:
        return MailWork(mail_database, bell, keyring, fence)

    return opened


@pytest.fixture
def peer_server() -> Iterator[PeerServer]:
    server = PeerServer()
    yield server
    server.stop()


@pytest.fixture
def office(
    mail_database: Database, open_work: OpenMailWork, peer_server: PeerServer, mail_server: MailServer
) -> Office:
    return Office(
        database=mail_database,
        open_work=open_work,
        peers=peer_server,
        transport=transport(mail_server.port),
        composer=composer(),
        meter=Tally(),
    )
