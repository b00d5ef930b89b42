"""Destinations lie in their table whole, secrets encrypted; what cannot be read keeps nobody from the rest."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from chassis.database import Database
from chassis.listing import ListQuery
from chassis.secrets import KeyRing
from services.delivery.domain.destinations import (
    Email,
    Ftp,
    Imap,
    MailServer,
    Method,
    Security,
    ServerPath,
    Sftp,
    Trust,
    Unread,
)
from services.delivery.domain.host_keys import HostKeyPin
from services.delivery.domain.logins import Login
from services.delivery.domain.transfer_options import Existing, TransferOptions
from services.delivery.storage.destinations import Destinations

SECRET, KEY = "geheim", "schlüssel"
SFTP = Sftp(
    host="h",
    port=22,
    user_name="u",
    host_key=HostKeyPin("SHA256:" + "A" * 43),
    folder="",
    login=Login(password=SECRET, private_key=KEY),
)
FTP = Ftp(
    host="h",
    port=2121,
    user_name="u",
    security=Security.IMPLICIT,
    trust=Trust(certificate="-----BEGIN…", unverified=True),
    active=True,
    folder="in",
    login=Login(password=SECRET),
)
IMAP = Imap(
    host="h",
    port=993,
    user_name="u",
    security=Security.EXPLICIT,
    trust=Trust(),
    folder="Comptabilité/Ventes",
    login=Login(password=SECRET),
)
SERVER = MailServer(
    host="m", port=587, security=Security.NONE, user_name="u", login=Login(password=SECRET), sender="a@example.com"
)
EMAIL = Email(recipients=("a@example.com", "b@example.com"), subject="Été", server=SERVER)
SWITCHES = TransferOptions(
    write_directly=False,
    existing=Existing.KEEP_BOTH,
    folder_must_exist=True,
    bandwidth_limit=3_000_000_000,
    concurrency=7,
)
RING, OTHER = (KeyRing([Fernet(Fernet.generate_key())]) for _ in range(2))
METHODS = [ServerPath(folder="/srv/out"), SFTP, FTP, IMAP, EMAIL, replace(EMAIL, server=None)]


@pytest.fixture
def connection(make_database: Callable[[str | None], Database]) -> Iterator[sa.Connection]:
    with make_database("services.delivery.storage.migrations").begin() as connection:
        yield connection


@pytest.mark.parametrize("method", METHODS, ids=lambda method: type(method).__name__)
def test_what_was_stored_is_read_and_its_secrets_lie_encrypted(connection: sa.Connection, method: Method) -> None:
    destinations = Destinations(connection, RING)
    made = destinations.add("shop", "Shop", method, SWITCHES)
    assert (made.method, made.transfer) == (method, SWITCHES)
    assert destinations.get("shop") == made
    row = connection.execute(sa.text("SELECT * FROM destination")).one()
    assert not any(secret in str(value) for value in row for secret in (SECRET, KEY))
    assert (row.secrets is not None) is (SECRET in str(vars_of(method)))
    changed = destinations.change("shop", "New", ServerPath(folder="/srv/other"), TransferOptions())
    assert (changed.method, changed.transfer, changed.version) == (
        ServerPath(folder="/srv/other"),
        TransferOptions(),
        2,
    )
    assert connection.execute(sa.text("SELECT secrets FROM destination")).scalar_one() is None


def vars_of(method: Method) -> list[str | None]:
    """Its passwords, which no representation shows."""
    server = method.server if isinstance(method, Email) else method
    return [getattr(getattr(server, "login", None), "password", None)]


@pytest.mark.parametrize(
    ("method", "left"),
    [
        (SFTP, Login(password="", private_key="", unreadable=True)),
        (FTP, Login(password="", unreadable=True)),
        (replace(IMAP, login=Login()), Login()),
    ],
    ids=["sftp", "ftp", "none stored"],
)
def test_without_their_key_it_is_still_known_which_secrets_there_are(
    connection: sa.Connection, method: Sftp | Ftp | Imap, left: Login
) -> None:
    Destinations(connection, RING).add("shop", "Shop", method, SWITCHES)
    assert Destinations(connection, OTHER).get("shop").method == replace(method, login=left)


@pytest.mark.parametrize(
    "change",
    [
        "method = method || '{\"novel\": 1}'",
        "method = method - 'folder'",
        'method = method || \'{"security": "quantum"}\'',
        'method = method || \'{"port": "21"}\'',
        "method = method || '{\"active\": 1}'",
        "method = '[]'",
        'method = method || \'{"secrets": ["password", "token"]}\', secrets = NULL',
        'transfer = transfer || \'{"existing": "merge"}\'',
        "transfer = transfer || '{\"novel\": true}'",
        "transfer = transfer - 'concurrency'",
    ],
)
def test_what_a_newer_release_has_stored_is_listed_beside_the_rest(connection: sa.Connection, change: str) -> None:
    destinations = Destinations(connection, RING)
    destinations.add("shop", "Shop", FTP, SWITCHES)
    other = destinations.add("bank", "Bank", SFTP, SWITCHES)
    connection.execute(sa.text(f"UPDATE destination SET {change} WHERE id = 'shop'"))
    found, _ = destinations.list(ListQuery())
    assert [each.name for each in found] == ["destinations/bank", "destinations/shop"]
    assert found[0] == other
    assert found[1].method == Unread(protocol="ftp")
    assert found[1].protocol == "ftp"


def test_a_kind_that_this_release_does_not_know_is_named(connection: sa.Connection) -> None:
    destinations = Destinations(connection, RING)
    destinations.add("shop", "Shop", FTP, SWITCHES)
    connection.execute(sa.text("ALTER TABLE destination DROP CONSTRAINT destination_protocol_check"))
    connection.execute(sa.text("UPDATE destination SET protocol = 's3'"))
    assert destinations.get("shop").method == Unread(protocol="s3")
