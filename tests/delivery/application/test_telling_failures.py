"""A server that refuses us is told to whoever owns the run, in the journal and in the figures, whatever it speaks."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from prometheus_client import CollectorRegistry

from chassis.database import Database
from chassis.operations import OperationState
from chassis.texts import Texts
from services.delivery.domain.backoff import TRIES_BEFORE_PARKED
from services.delivery.domain.destinations import Email, MailServer, Method, Security
from services.delivery.domain.logins import Login
from services.delivery.gateways.carriers import OpenPost
from services.delivery.gateways.mail import OpenMail
from services.delivery.storage.tables import spool_file
from services.delivery.workers.figures import FileMeter
from tests.conftest import SilentBell
from tests.delivery.conftest import GATE, PATIENCE
from tests.delivery.far_end import FarEnd
from tests.delivery.ftp_end import FtpEnd
from tests.delivery.house import House
from tests.delivery.imap_end import ImapEnd
from tests.delivery.mail_end import MailEnd
from tests.mail.mail_server import MailServer as SmtpServer

Databases = Callable[[str | None], Database]
WRONG = "guessed-secret"
NOT_LOGGED_IN = "Non connecté : 127.0.0.1 refuse l'utilisateur"
CHECK_LOGIN = "\nVérifiez le nom d'utilisateur et le mot de passe."


@pytest.fixture
def open_later() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def refusing(
    request: pytest.FixtureRequest, make_database: Databases, tmp_path: Path, open_later: ExitStack
) -> tuple[Method, MailEnd | None]:
    """A real server with a login that is not ours, and mail where it is needed."""
    match request.param:
        case "sftp":
            far = FarEnd(tmp_path / "far")
            far.start()
            open_later.callback(far.close)
            return far.method(password=WRONG), None
        case "ftp":
            ftp = FtpEnd(tmp_path / "far")
            ftp.start()
            open_later.callback(ftp.stop)
            return ftp.method(password=WRONG), None
        case "imap":
            imap = ImapEnd()
            imap.start()
            open_later.callback(imap.close)
            return imap.method(password=WRONG), None
        case _:
            smtp = SmtpServer(login=("edi", "secret"))
            smtp.start()
            open_later.callback(smtp.stop)
            mail = MailEnd(make_database("services.mail.storage.migrations"), tmp_path / "mail")
            mail.start()
            open_later.callback(mail.stop)
            own = MailServer(
                host="127.0.0.1",
                port=smtp.port,
                security=Security.NONE,
                user_name="edi",
                login=Login(password=WRONG),
                sender="edi@brico.example",
            )
            return Email(recipients=("edi@fournisseur.example",), subject="Ventes", server=own), mail


@pytest.mark.parametrize(
    ("refusing", "protocol", "reason", "sentence", "remedy"),
    [
        ("sftp", "sftp", "NOT_LOGGED_IN", NOT_LOGGED_IN, CHECK_LOGIN),
        ("ftp", "ftp", "NOT_LOGGED_IN", NOT_LOGGED_IN, CHECK_LOGIN),
        ("imap", "imap", "NOT_LOGGED_IN", NOT_LOGGED_IN, CHECK_LOGIN),
        ("email", "email", "MAIL_REFUSED", "a été refusé (127.0.0.1:", "\nVérifiez l'adresse du destinataire"),
    ],
    indirect=["refusing"],
)
def test_a_refused_login_is_told_with_what_to_do(
    refusing: tuple[Method, MailEnd | None],
    make_database: Databases,
    tmp_path: Path,
    protocol: str,
    reason: str,
    sentence: str,
    remedy: str,
) -> None:
    method, mail = refusing
    registry = CollectorRegistry()
    house = House(
        make_database("services.delivery.storage.migrations"),
        SilentBell(),
        tmp_path,
        meter=FileMeter(registry),  # type: ignore[arg-type]  # the real one in the place of the counted
        posts=posts_by(mail),  # type: ignore[arg-type]  # real ones in the place of the letter box
    )
    house.destination("shop", method)
    attempt = house.seal(house.stage(file_name="a.csv"), destination="shop")
    house.drain()
    operation = house.operation(attempt)
    assert operation.state is OperationState.FAILED
    assert operation.error is not None
    told = operation.error.message
    assert operation.error.reason == "LEFT_IN_SPOOL"
    assert sentence in told
    assert remedy in told
    assert "Erreur lors de la sauvegarde" not in told  # the scheduler says it, once, in the inbox
    (entry,) = [each for each in house.journal() if "a.csv" in each]
    assert entry.startswith("Fichier a.csv non envoyé vers destinations/shop (échec n° 1, il sera renvoyé) : ")
    assert sentence in entry
    assert not any(secret in text for text in (told, entry) for secret in (WRONG, "Traceback"))
    labels = {"protocol": protocol, "result": "failed", "reason": reason}
    assert registry.get_sample_value("backroom_delivery_files_total", labels) == 1
    assert house.states() == {"a.csv": "SEALED"}


def test_a_server_that_is_down_is_told_once_a_batch_and_remembered_for_each_file(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    far_end.stop()
    names = [f"{place}.csv" for place in range(3)]
    files = [house.stage(b"x", file_name=name, ordinal=place) for place, name in enumerate(names)]
    house.seal(*files, destination="shop")
    house.drain("sending")
    with house.database.begin() as connection:  # the last try of two of them comes next
        statement = sa.update(spool_file).where(spool_file.c.file_name != names[0])
        connection.execute(statement.values(tried=TRIES_BEFORE_PARKED - 1))
    house.come()
    house.drain("retrying")
    told = [line.partition(" : ")[0] for line in house.journal()[1:]]  # behind the sealing
    assert told == [
        "3 fichiers non envoyés vers destinations/shop (0.csv est le premier, ils seront renvoyés)",
        "Fichier 0.csv non envoyé vers destinations/shop (échec n° 2, il sera renvoyé)",
        "2 fichiers non envoyés vers destinations/shop (1.csv est le premier)",
    ]
    assert sorted(house.history()) == [(name, tried, "FAILED") for name in names for tried in (1, 2)]


def posts_by(mail: MailEnd | None) -> OpenPost:
    def channel() -> object:
        assert mail is not None
        return mail.channel

    texts = Texts.of("services.delivery")
    way = OpenMail(channel=channel, texts=texts, locale="fr", patience=timedelta(seconds=10))  # type: ignore[arg-type]  # mail's, where there is one
    return OpenPost(mail=way, gate=GATE, patience=PATIENCE)
