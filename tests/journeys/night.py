"""A night of the real stack on a small slice: started, loaded, fired, waited for, and made comparable."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl
from rich.console import Console

from backroom.mail.v1 import mail_pb2
from backroom.scheduler.v1 import scheduler_pb2
from chassis.embedded import EmbeddedPostgres
from console.commands.demo import SETTINGS
from console.connection import Connection
from console.demo import tonight, watching
from console.demo.choice import Asked, Chosen, describe
from console.demo.dataset import DataSet
from console.demo.loading import load
from console.demo.receivers import Receivers
from console.demo.source import Slice, Source, read_source
from console.stack.ports import Ports
from console.stack.stack import Stack
from tests.journeys.fingerprint import Fingerprint, answers, files_below, tables_of

DAYS = 4
#: Among them: shortages that donors cover and some that they cannot, unknown codes, returns without a sale, and
#: defectives of every policy and of a brand with two suppliers.
STORES = frozenset({295, 356, 359, 361, 367, 374, 410, 32004})
OFFERED = 50  #: of the products that the slice never sells, one in so many is kept
SLICE = Slice(days=DAYS, stores=STORES)


@cache
def small_source() -> Source:
    """The real sales, and of the products those that the slice sells and some that nobody buys: a catalogue that loads
    in a second. A code that no product has stays unknown.
    """
    source = read_source()
    sold = DataSet(SLICE, source).sales["product"].unique()
    kept = pl.col("product").is_in(sold.implode()) | (pl.int_range(pl.len()) % OFFERED == 0)
    return replace(source, products=source.products.filter(kept))


class Night:
    """One night. Use it as a context; `load`, `fire` and `wait` in this order."""

    def __init__(
        self,
        folder: Path,
        *,
        settings: Mapping[str, Mapping[str, str]] | None = None,
        fast: bool = False,
        chosen: Slice = SLICE,
    ) -> None:
        self.folder = folder
        self.slice = chosen
        self.dataset = DataSet(chosen, small_source())
        self.receivers = Receivers(folder / "receivers")
        self.outgoing = folder / "var" / "outgoing"  # server paths stay below the roots that delivery allows
        self.tasks: list[scheduler_pb2.Task] = []
        self.notices: list[str] = []  #: what the stack said: which process died and came back
        self._settings, self._fast = settings or {}, fast
        self.stack: Stack
        self.connection: Connection

    def start(self) -> None:
        """Starts the far ends and the stack."""
        self.receivers.start()
        given = {**SETTINGS, "mail": {**SETTINGS["mail"], "BACKROOM_SMTP_SERVER": self._smtp_server}}
        services = {*given, *self._settings}
        self.stack = Stack(
            self.folder / "var",
            ports=Ports.free(),
            settings={name: {**given.get(name, {}), **self._settings.get(name, {})} for name in services},
            fast=self._fast,
            notice=self.notices.append,
        )
        try:
            self.stack.start()
        except BaseException:
            self._leave()
            raise
        self.connection = self.stack.connect()

    def stop(self) -> None:
        """Ends all of it; logs and what arrived stay in the folder."""
        self.connection.close()
        self.stack.stop()
        self._leave()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def load(self) -> None:
        """Loads the slice through the contracts; returns once all of it is posted."""
        silent = Console(quiet=True)
        load(self.dataset, self.connection.sales, self.connection.clients, silent)
        watching.wait_until_posted(self.connection, silent)

    @property
    def chosen(self) -> Chosen:
        """The slice as the demo's tasks want it told."""
        asked = Asked(days=self.slice.days, codes=self.slice.stores)
        return describe(asked, self.dataset, self.connection)

    def fire(self) -> None:
        """Makes tonight's tasks; the planner fires them within seconds."""
        tonight.make_destinations(self.connection, self.receivers, self.outgoing)
        self.tasks = tonight.let_fire(self.connection, tonight.tonights_tasks(self.chosen))

    def wait(self) -> list[scheduler_pb2.Run]:
        """The runs of tonight's tasks in their order, once each has ended and no mail waits."""
        runs = watching.watch(self.connection, self.tasks, Console(quiet=True))
        watching.wait_for_mails(self.connection)
        return runs

    @property
    def day(self) -> date:
        """The day that tonight's runs stand for."""
        return datetime.fromtimestamp(self.tasks[0].next_run_time.seconds, UTC).date()

    @property
    def far_ends(self) -> dict[str, Path]:
        """Destination → the folder in which its files arrive."""
        return {
            "destinations/siege-sftp": self.receivers.files / "ventes",
            "destinations/comptabilite": self.outgoing / "comptabilite",
        }

    def mails(self) -> list[mail_pb2.Mail]:
        """The outbox."""
        mails: list[mail_pb2.Mail] = []
        token = ""
        while True:
            page = self.connection.mail.ListMails(mail_pb2.ListMailsRequest(page_size=1000, page_token=token))
            mails += page.mails
            token = page.next_page_token
            if not token:
                return mails

    def received(self) -> list[tuple[str, str]]:
        """Ticket and recipient of every mail in the mailbox, sorted; one that came twice stands here twice."""
        tickets = {mail.message_id: mail.ticket for mail in self.mails()}
        found = []
        for path in self.receivers.received_mails():
            message = message_from_bytes(path.read_bytes(), policy=policy.default)
            found.append((tickets[str(message["Message-ID"])], str(message["To"])))
        return sorted(found)

    def rows(self, service: str, query: str) -> Sequence[tuple[object, ...]]:
        """What a query of a service's own database answers."""
        return answers(self.stack.database_url(service), query)

    def fingerprint(self) -> Fingerprint:
        """All that the night left behind, without what differs from night to night: instants, identifiers, secrets.

        Equal nights have equal fingerprints, and a difference shows where it is.
        """
        left: Fingerprint = tables_of(self.stack.database_url, self.day)
        for name, folder in self.far_ends.items():
            left[f"far end {name}"] = files_below(folder, self.day)
        left["mailbox"] = self.received()
        left["spool"] = files_below(self.stack.home.var / "TMP", self.day)
        return left

    def _leave(self) -> None:
        self.receivers.stop()
        # As root, PostgreSQL's files lie outside of ours.
        EmbeddedPostgres(self.stack.home.var / "postgres").remove()

    @property
    def _smtp_server(self) -> str:
        return f"127.0.0.1:{self.receivers.smtp_port}"


def well(runs: Sequence[scheduler_pb2.Run]) -> bool:
    """Whether every run succeeded."""
    return all(run.state in watching.SUCCESS for run in runs)
