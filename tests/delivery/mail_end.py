"""The mail service whole, as delivery reaches it: gRPC server, worker and database, over real mail servers."""

import threading
from pathlib import Path
from time import monotonic

import grpc
import sqlalchemy as sa
from pydantic import SecretStr

from chassis.auth import Principals, Role, hash_token, new_token
from chassis.database import Database
from chassis.rpc.client import open_channel
from chassis.rpc.server import Server
from chassis.secrets import KeyRing
from chassis.settings import ServiceSettings
from chassis.work import Fence
from services.mail.rpc.status import STATUS
from services.mail.storage.work import MailWork
from tests.mail.conftest import OutboxBell
from tests.mail.mail_server import MailServer
from tests.mail.office import Office, Tally, composer, transport
from tests.mail.peers import PeerServer

PATIENCE = 30.0  #: seconds that its outbox gets to empty itself
LOOK = 0.05  #: seconds between two looks of its worker


class MailEnd:
    """`start`, then `stop`. Its own mail server takes what names no other."""

    def __init__(self, database: Database, folder: Path, *, own_ca: Path | None = None) -> None:
        folder.mkdir()
        self._bell, self._keyring, self._database = OutboxBell(), KeyRing.create(folder / "keyring"), database
        self.house_server = MailServer()
        self.house_server.start()
        self._peers = PeerServer()
        self.office = Office(
            database=database,
            open_work=self._open_work,
            peers=self._peers,
            transport=transport(self.house_server.port, own_ca=own_ca),
            composer=composer(),
            meter=Tally(),
        )
        self.token = new_token()[0]  #: of delivery's calls
        principals = folder / "principals.toml"
        principals.write_text(
            f'[[principal]]\nname = "delivery"\ntoken_hashes = ["{hash_token(self.token)}"]\n'
            f'roles = ["{Role.SERVICE.value}"]\n'
        )
        settings = ServiceSettings(
            database_url=SecretStr("postgresql://unused/unused"),
            broker_url=SecretStr("redis://unused"),
            listen="127.0.0.1:0",
            health_listen="127.0.0.1:0",
        )
        self._server = Server(settings, [self.office.servicer()], Principals(principals), STATUS)
        self._stop = threading.Event()
        self.resting = threading.Lock()  #: whoever holds it lets its worker rest
        self._worker = threading.Thread(target=self._work, name="mail-end")

    def start(self) -> None:
        self._server.start()
        self.address = f"127.0.0.1:{self._server.port}"
        self.channel: grpc.Channel = open_channel(self.address, token=lambda: self.token)
        self._worker.start()

    def stop(self) -> None:
        self._stop.set()
        self._worker.join(20)
        self.channel.close()
        self._server.drain_and_stop()
        self._peers.stop()
        self.house_server.stop()

    def wait_until_empty(self) -> None:
        """Returns once nothing waits in its outbox; fails the test where something stays."""
        end = monotonic() + PATIENCE
        while any(state == "queued" for _, state in self.office.mails()):
            assert monotonic() < end, self.office.mails()
            self._stop.wait(LOOK)

    def wait_for_journal(self, text: str) -> None:
        """Returns once its journal has the text; fails the test where it never does."""
        end = monotonic() + PATIENCE
        while not any(text in entry for entry in self.office.journal()):
            assert monotonic() < end, self.office.journal()
            self._stop.wait(LOOK)

    def everything(self) -> list[str]:
        """Every row of its database."""
        with self._database.begin() as connection:
            tables = connection.execute(
                sa.text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
            ).scalars()
            return [str(row) for table in tables for row in connection.execute(sa.text(f"SELECT * FROM {table}"))]

    def happens(self, statement: str) -> None:
        """Something happens to its tables that no test can wait for."""
        with self._database.begin() as connection:
            connection.execute(sa.text(statement))

    def _open_work(self, fence: Fence | None = None) -> MailWork:
        return MailWork(self._database, self._bell, self._keyring, fence)

    def _work(self) -> None:
        while not self._stop.is_set():
            with self.resting:
                self.office.send()
                self.office.send_by_servers()
            self._stop.wait(LOOK)
