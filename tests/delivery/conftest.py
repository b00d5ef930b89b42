"""A delivery service in pieces: its database, its spool, a folder of the server, and a far end."""

import ipaddress
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chassis.database import Database
from services.delivery.gateways.network import Gate, Patience
from tests.conftest import SilentBell
from tests.delivery.far_end import FarEnd
from tests.delivery.house import House
from tests.delivery.mail_end import MailEnd
from tests.delivery.passage import Passage

GATE = Gate(denied=[ipaddress.ip_network("169.254.0.0/16")], connect_timeout=5)
PATIENCE = Patience(greeting=5, login=5, answer=5)
HURRIED = Patience(greeting=0.5, login=0.5, answer=0.5)


@pytest.fixture
def far_end(tmp_path: Path) -> Iterator[FarEnd]:
    end = FarEnd(tmp_path / "far")
    end.start()
    yield end
    end.close()


@pytest.fixture
def house(make_database: Callable[[str | None], Database], tmp_path: Path) -> House:
    return House(make_database("services.delivery.storage.migrations"), SilentBell(), tmp_path)


@pytest.fixture
def passage(make_database: Callable[[str | None], Database], tmp_path: Path) -> Passage:
    return Passage(make_database("services.delivery.storage.migrations"), SilentBell(), tmp_path)


@pytest.fixture
def mail(make_database: Callable[[str | None], Database], tmp_path: Path) -> Iterator[MailEnd]:
    """The mail service."""
    end = MailEnd(make_database("services.mail.storage.migrations"), tmp_path / "mail")
    end.start()
    yield end
    end.stop()
