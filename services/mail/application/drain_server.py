"""Sends the mails that are due and go by one server that somebody named for them.

Each has an operation of its own, so that one that is slow or away holds up neither the others nor mail's own.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from chassis.journal import Level
from chassis.operations.execution import ComeBack, Execution
from chassis.operations.model import Outcome
from chassis.texts import Texts
from services.mail.application.outbox import send_later
from services.mail.application.ports import Meter, OpenWork, Session, Transport
from services.mail.application.sending import SOURCE, MailSender
from services.mail.domain.delivery import OutOfReach, Settlement, TurnedAway
from services.mail.domain.mail import DueMail
from services.mail.domain.retry import own_server_delays
from services.mail.domain.servers import OwnServer
from services.mail.domain.states import MailState

BATCH = 20  #: mails read at once
LOOK_AGAIN = timedelta(seconds=2)  #: where another operation is at this server


class ServerDrain:
    """Sends by one server while it holds its lease; what it then finds SENDING was left by a dead one."""

    def __init__(
        self, open_work: OpenWork, transport: Transport, sender: MailSender, meter: Meter, texts: Texts, locale: str
    ) -> None:
        self._open_work, self._transport, self._sender = open_work, transport, sender
        self._meter, self._texts, self._locale = meter, texts, locale

    def __call__(self, execution: Execution, server: str) -> Outcome:
        """`server`: `host:port`. Raises ComeBack while another sends by it."""
        with self._open_work(execution.fence) as work:
            if not work.leases.take(server, execution.id, execution.epoch):
                raise ComeBack(LOOK_AGAIN)
        try:
            settled = self._drain(execution, server)
        finally:
            with self._open_work() as work:
                work.leases.release(server, execution.id, execution.epoch)
        with self._open_work(execution.fence) as work:
            next_time = work.mails.next_time(server)
            if next_time is not None:
                send_later(work, next_time, server=server)
            self._meter.outbox(work.mails.counts())
        return Outcome(result={state.value: count for state, count in settled.items()})

    def _drain(self, execution: Execution, server: str) -> Counter[MailState]:
        self._sender.strand(execution, server)
        settled: Counter[MailState] = Counter()
        try:
            for login, mails in self._logins(execution, server):
                with self._transport.session(login) as session:
                    settled += self._send(execution, session, login, mails)
        except OutOfReach as lost:
            self._wait_for_server(execution, server, lost)
        return settled

    def _send(
        self, execution: Execution, session: Session, login: OwnServer, mails: list[DueMail]
    ) -> Counter[MailState]:
        settled: Counter[MailState] = Counter()
        refused = self._texts.get("last_answer.password_lost", self._locale) if login.password is None else ""
        for mail in mails:
            execution.check()
            settlement: Settlement | None
            if refused:  # a server that has said no is not asked once more for each mail
                settlement = self._sender.fail(execution, mail, refused)
            else:
                try:
                    settlement = self._sender.send(execution, session, mail)
                except TurnedAway as no:
                    refused = str(no)
                    settlement = self._sender.fail(execution, mail, refused)
            if settlement is not None:
                settled[settlement.state] += 1
        return settled

    def _logins(self, execution: Execution, server: str) -> Iterator[tuple[OwnServer, list[DueMail]]]:
        """The mails that are due, those of one login together."""
        while True:
            with self._open_work(execution.fence) as work:
                mails = work.mails.due(BATCH, server)
            if not mails:
                return
            logins: dict[OwnServer, list[DueMail]] = {}
            for mail in mails:
                if mail.server is not None:  # as `due` has found them by their server
                    logins.setdefault(mail.server, []).append(mail)
            yield from logins.items()

    def _wait_for_server(self, execution: Execution, server: str, lost: OutOfReach) -> None:
        with self._open_work(execution.fence) as work:
            postponed = work.mails.postpone_own(server, own_server_delays(), str(lost))
            given_up = [mail for mail, state in postponed.items() if state is MailState.FAILED]
            count = len(postponed) - len(given_up)
            text = self._texts.get("journal.own_out_of_reach", self._locale, server=server, why=str(lost), count=count)
            work.journal.write(text, source=SOURCE, level=Level.WARNING)
            for mail in given_up:
                text = self._texts.get("journal.failed", self._locale, mail=f"mails/{mail}", answer=str(lost))
                work.journal.write(text, source=SOURCE, level=Level.WARNING)
        if given_up:
            self._meter.moved(MailState.FAILED, len(given_up))
