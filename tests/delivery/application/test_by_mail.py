"""From the spool to a mail server: delivery's engine, its call to mail, mail's worker, and what SMTP servers got."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from chassis.database import Database
from chassis.embedded.server import free_ports
from chassis.texts import Texts
from services.delivery.application.retrying_files import RetryDelivery
from services.delivery.domain.destinations import Email, MailServer, Security
from services.delivery.domain.logins import Login
from services.delivery.domain.spool import SpoolFile
from services.delivery.gateways.carriers import OpenPost
from services.delivery.gateways.mail import OpenMail
from tests.conftest import SilentBell
from tests.delivery.conftest import GATE, PATIENCE
from tests.delivery.house import House
from tests.delivery.mail_end import MailEnd
from tests.delivery.witnesses import Died
from tests.mail.mail_server import MailServer as SmtpServer

BY_HOUSE_SERVER = Email(recipients=("edi@fournisseur.example",), subject="Ventes", server=None)


@pytest.fixture
def patience() -> timedelta:
    return timedelta(seconds=10)


@pytest.fixture
def house(make_database: Callable[[str | None], Database], tmp_path: Path, mail: MailEnd, patience: timedelta) -> House:
    texts = Texts.of("services.delivery")
    way = OpenMail(channel=lambda: mail.channel, texts=texts, locale="fr", patience=patience)
    posts = OpenPost(mail=way, gate=GATE, patience=PATIENCE)
    return House(
        make_database("services.delivery.storage.migrations"),
        SilentBell(),
        tmp_path,
        messages=way,
        posts=posts,  # type: ignore[arg-type]  # real ones in the place of the letter box
    )


@pytest.fixture
def edi_server() -> Iterator[SmtpServer]:
    server = SmtpServer(login=("edi", "secret"))
    server.start()
    yield server
    server.stop()


def names(server: SmtpServer) -> list[str | None]:
    """The files that a server got."""
    return [part.get_filename() for each in server.taken for part in each.message.iter_attachments()]


def by_own_server(port: int, password: str) -> Email:
    server = MailServer(
        host="127.0.0.1",
        port=port,
        security=Security.NONE,
        user_name="edi",
        login=Login(password=password),
        sender="edi@brico.example",
    )
    return replace(BY_HOUSE_SERVER, server=server)


def seal_one(house: House) -> SpoolFile:
    file = house.stage(file_name="a.csv")
    house.seal(file, destination="edi")
    return file


def test_sealed_files_arrive_one_message_each(house: House, mail: MailEnd) -> None:
    house.destination("edi", BY_HOUSE_SERVER)
    files = [house.stage(file_name=name, ordinal=place) for place, name in enumerate(["a.csv", "b.csv"])]
    house.seal(*files, destination="edi")
    house.drain()
    assert house.states() == {"a.csv": "DELIVERED", "b.csv": "DELIVERED"}
    assert names(mail.house_server) == ["a.csv", "b.csv"]


def test_a_refused_login_is_a_failed_try_and_once_mended_the_file_goes_as_another_message(
    house: House, edi_server: SmtpServer
) -> None:
    house.destination("edi", by_own_server(edi_server.port, "guess"))
    seal_one(house)
    house.drain()
    assert house.states() == {"a.csv": "SEALED"}
    assert house.meter.failures == ["MAIL_REFUSED"]
    assert edi_server.taken == []
    house.change("edi", by_own_server(edi_server.port, "secret"))
    house.come()
    house.drain()
    assert house.states() == {"a.csv": "DELIVERED"}
    assert names(edi_server) == ["a.csv"]


def test_who_has_the_file_does_not_get_it_again_because_another_was_refused(house: House, mail: MailEnd) -> None:
    house.destination("edi", Email(recipients=("anne@CLIENT.example", "typo@b.example"), subject="Ventes", server=None))
    mail.house_server.behaviour.recipients["typo@b.example"] = "550 5.1.1 no such user"
    seal_one(house)
    for _ in range(3):
        house.drain()
        house.come()
    assert house.states() == {"a.csv": "SEALED"}
    assert [each.recipients for each in mail.house_server.taken] == [["anne@client.example"]]
    house.change("edi", Email(recipients=("anne@client.example", "bob@b.example"), subject="Ventes", server=None))
    house.drain()
    assert house.states() == {"a.csv": "DELIVERED"}
    assert [each.recipients for each in mail.house_server.taken] == [["anne@client.example"], ["bob@b.example"]]


def test_without_the_address_that_was_refused_nobody_is_left_to_send_to(house: House, mail: MailEnd) -> None:
    house.destination("edi", Email(recipients=("anne@client.example", "typo@b.example"), subject="Ventes", server=None))
    mail.house_server.behaviour.recipients["typo@b.example"] = "550 5.1.1 no such user"
    seal_one(house)
    house.drain()
    house.change("edi", Email(recipients=("anne@client.example",), subject="Ventes", server=None))
    house.come()
    house.drain()
    assert house.states() == {"a.csv": "DELIVERED"}
    assert len(mail.house_server.taken) == 1


@pytest.mark.parametrize("patience", [timedelta(seconds=2)])
def test_a_message_that_waits_in_mail_is_asked_after_and_not_sent_again(house: House, mail: MailEnd) -> None:
    house.destination("edi", BY_HOUSE_SERVER)
    mail.house_server.behaviour.recipients["edi@fournisseur.example"] = "451 greylisted"
    seal_one(house)
    house.drain()
    assert house.states() == {"a.csv": "SEALED"}
    assert house.meter.failures == ["MAIL_WAITING"]
    mail.house_server.behaviour.recipients.clear()
    mail.office.pass_time()
    mail.wait_until_empty()
    house.come()
    house.drain()
    assert house.states() == {"a.csv": "DELIVERED"}
    assert names(mail.house_server) == ["a.csv"]


def test_a_message_that_may_have_arrived_waits_for_a_person(house: House, mail: MailEnd) -> None:
    house.destination("edi", BY_HOUSE_SERVER)
    mail.house_server.behaviour.close_at.add("CONTENT")
    file = seal_one(house)
    house.drain()
    house.come()
    house.drain()
    assert house.states() == {"a.csv": "PARKED"}
    assert (len(mail.house_server.lost), mail.house_server.taken) == (1, [])
    retry = RetryDelivery(texts=house.texts, locale="fr")
    with house.work() as work:  # who has all that waits sent again has not looked whether this one arrived
        assert retry(work, [], "edi", "marie") == 1
    house.drain()
    assert house.states() == {"a.csv": "PARKED"}
    with house.work() as work:
        assert retry(work, [file.id], "", "marie") == 1
    house.drain()
    assert house.states() == {"a.csv": "DELIVERED"}
    assert names(mail.house_server) == ["a.csv"]


@pytest.mark.parametrize("patience", [timedelta(0)])
def test_a_file_given_up_is_not_sent_by_its_message_either(house: House, mail: MailEnd) -> None:
    house.destination("edi", BY_HOUSE_SERVER)
    file = seal_one(house)
    with mail.resting:
        house.drain()
        assert house.meter.failures == ["MAIL_WAITING"]
        with house.work() as work:
            assert house.discard_file(work, file.id, "mauvais jour", "marie").reached == []
    mail.wait_until_empty()
    assert mail.house_server.taken == []
    assert house.states() == {"a.csv": "DISCARDED"}
    assert any("fichier abandonné par marie : mauvais jour" in line for line in mail.office.journal())


def discard_and_die(house: House, file: UUID) -> None:
    """The process ends before the commit."""
    with house.work() as work:
        house.discard_file(work, file, "mauvais jour", "marie")
        raise Died


@pytest.mark.parametrize("patience", [timedelta(0)])
def test_who_dies_between_the_message_and_the_file_has_told_nobody_and_the_file_goes(
    house: House, mail: MailEnd, patience: timedelta
) -> None:
    house.destination("edi", BY_HOUSE_SERVER)
    file = seal_one(house)
    with mail.resting:
        house.drain()
        with pytest.raises(Died):
            discard_and_die(house, file.id)
    for _ in range(3):  # refused, since it was given up; another message, which waits; that has left
        house.come()
        house.drain()
        mail.wait_until_empty()
    assert house.meter.failures == ["MAIL_WAITING", "MAIL_REFUSED", "MAIL_WAITING"]
    assert house.states() == {"a.csv": "DELIVERED"}
    assert names(mail.house_server) == ["a.csv"]


@pytest.mark.parametrize("patience", [timedelta(0)])
def test_a_file_given_up_though_its_message_has_left_says_so(house: House, mail: MailEnd) -> None:
    house.destination("edi", BY_HOUSE_SERVER)
    file = seal_one(house)
    with mail.resting:
        house.drain()
    mail.wait_until_empty()
    with house.work() as work:
        (reached,) = house.discard_file(work, file.id, "trop tard", "marie").reached
    assert names(mail.house_server) == ["a.csv"]
    assert any(f"il est arrivé, ou peut-être, par {reached} : trop tard" in line for line in house.journal())


@pytest.mark.parametrize("patience", [timedelta(0)])
def test_a_server_that_was_misnamed_keeps_no_file_waiting_once_it_is_mended(
    house: House, edi_server: SmtpServer
) -> None:
    (nobody,) = free_ports(1)
    house.destination("edi", by_own_server(nobody, "secret"))
    seal_one(house)
    house.drain()
    house.change("edi", by_own_server(edi_server.port, "secret"))
    house.come()
    house.drain()
    assert house.meter.failures == ["MAIL_WAITING", "MAIL_REFUSED"]
    for _ in range(50):
        house.come()
        house.drain()
        if house.states() == {"a.csv": "DELIVERED"}:
            break
        time.sleep(0.1)
    assert names(edi_server) == ["a.csv"]


def test_what_is_practised_reaches_no_mail_at_all(house: House, mail: MailEnd) -> None:
    house.destination("edi", BY_HOUSE_SERVER)
    house.seal(house.stage(file_name="a.csv", mode="training"), destination="edi", mode="training")
    house.drain()
    assert (house.sandbox / "edi" / "a.csv").is_file()
    assert mail.house_server.taken == []
