"""Brings files from a destination to whoever imports them, and takes each away there once it is committed."""

from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass

from chassis.errors import FieldProblem, InvalidInput
from chassis.texts import Texts
from services.delivery.application.far_ends import Sources
from services.delivery.application.fetch_ledger import FetchLedger
from services.delivery.application.fetch_ports import Consumer, Disk, FetchMeter, Guard
from services.delivery.application.fetch_round import FetchRound, Part
from services.delivery.application.ports import OpenWork, Places
from services.delivery.domain.destinations import Email, Imap
from services.delivery.domain.fetching import AfterCommit, FetchOrder, is_same_mailbox


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchFiles:
    """One call: everything that it holds is given back when its generator is closed, wherever it stands."""

    open_work: OpenWork
    places: Places
    sources: Sources
    guard: Guard
    sandbox: str  #: folder in which each destination has its sandbox
    disk: Disk
    meter: FetchMeter
    texts: Texts
    locale: str  #: of the journal
    elapsed: Callable[[], float]  #: seconds since some instant

    def __call__(self, order: FetchOrder, consumer: Consumer) -> Generator[Part, None, None]:
        """What is sent, in its order; after an end the consumer is asked what became of the file."""
        with ExitStack() as held:
            held.enter_context(self.places())
            with self.open_work() as work:
                destination = work.destinations.get(order.destination)
            if isinstance(destination.method, Email):
                problem = f"{destination.name} is e-mail, nothing can be fetched from there; give one of another method"
                raise InvalidInput(FieldProblem("begin.destination", problem))
            if (
                isinstance(destination.method, Imap)
                and order.after_commit is AfterCommit.ARCHIVE
                and is_same_mailbox(destination.method.folder, order.archive_folder)
            ):
                problem = f"{destination.name} is fetched from this very folder; give another folder of the account"
                raise InvalidInput(FieldProblem("begin.archive_folder", problem))
            where = destination.in_sandbox(self.sandbox) if order.training else destination
            ledger = FetchLedger(
                open_work=self.open_work,
                order=order,
                destination=where,
                texts=self.texts,
                locale=self.locale,
                meter=self.meter,
                consumer=consumer,
            )
            ledger.check_mode()
            one = FetchRound(
                order=order,
                still_ours=held.enter_context(self.guard(where.key)),
                source=held.enter_context(self.sources(where)),
                ledger=ledger,
                disk=self.disk,
                consumer=consumer,
                elapsed=self.elapsed,
            )
            yield from one.parts()
