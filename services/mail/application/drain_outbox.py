"""Sends the mails that are due, each with its own commits around DATA.

Where the process dies          the mail is found      and becomes
before SENDING is committed     QUEUED                 sent by the successor; the server was given no content
between that and SENT           SENDING                UNCERTAIN: it may have arrived, so a person decides
after SENT is committed         SENT                   nothing more
"""

from collections import Counter
from collections.abc import Iterator

from chassis import telemetry
from chassis.journal import Level
from chassis.operations.execution import Execution
from chassis.operations.model import Outcome
from chassis.texts import Texts
from services.mail.application.outbox import send_later
from services.mail.application.ports import Composer, Meter, OpenWork, Session, Transport
from services.mail.domain.delivery import (
    OutOfReach,
    Settlement,
    Try,
    masked,
    nobody_left,
    settle,
    without_addresses,
)
from services.mail.domain.errors import MailMoved
from services.mail.domain.mail import DueMail
from services.mail.domain.retry import outage_delay
from services.mail.domain.states import MailState

BATCH = 50  #: mails read at once
SOURCE = "outbox"


class OutboxDrain:
    """Empties the outbox. One runs at a time, so what it finds SENDING at its start was left by a dead one."""

    def __init__(
        self,
        open_work: OpenWork,
        transport: Transport,
        composer: Composer,
        meter: Meter,
        texts: Texts,
        locale: str,
    ) -> None:
        self._open_work, self._transport, self._composer = open_work, transport, composer
        self._meter, self._texts, self._locale = meter, texts, locale

    def __call__(self, execution: Execution, outages: int) -> Outcome:
        """`outages`: how often in a row the server could not be reached before."""
        self._strand(execution)
        settled: Counter[MailState] = Counter()
        try:
            with self._transport.session() as session:
                for mail in self._due(execution):
                    execution.check()
                    settlement = self._send(execution, session, mail)
                    if settlement is not None:
                        settled[settlement.state] += 1
                        outages = 0
                    if settled.total() % BATCH == 0:
                        execution.progress(settled.total())
        except OutOfReach as lost:
            outages += 1
            self._wait_for_server(execution, lost, outages)
        with self._open_work(execution.fence) as work:
            next_time = work.mails.next_time()
            if next_time is not None:
                send_later(work, next_time, outages)
            self._meter.outbox(work.mails.counts())
        return Outcome(result={state.value: count for state, count in settled.items()})

    def _due(self, execution: Execution) -> Iterator[DueMail]:
        while True:
            with self._open_work(execution.fence) as work:
                mails = work.mails.due(BATCH)
            if not mails:
                return
            yield from mails

    def _send(self, execution: Execution, session: Session, mail: DueMail) -> Settlement | None:
        """One try. None where somebody gave the mail up meanwhile."""
        with telemetry.span("mail.transaction", mail=str(mail.id)):
            if not mail.pending:
                return self._settle(execution, mail, None)
            try:
                offered = session.offer(mail.pending)
            except OutOfReach as lost:  # its words are told of every mail that waits, and in the journal
                raise OutOfReach(without_addresses(str(lost), mail.pending)) from lost
            answer = None
            try:
                if any(reply.taken for reply in offered.values()):
                    with self._open_work(execution.fence) as work:
                        attachments = work.mails.begin_sending(mail.id)
                        content = self._composer.compose(mail, attachments)
                    answer = session.deliver(content)
                return self._settle(execution, mail, Try(offered=offered, content=answer))
            except MailMoved:
                session.forget()
                return None

    def _settle(self, execution: Execution, mail: DueMail, tried: Try | None) -> Settlement:
        """`tried`: None where no address is left to try."""
        with self._open_work(execution.fence) as work:
            if tried is None:
                lost = self._texts.get("last_answer.address_lost", self._locale)
                settlement = nobody_left(mail.id, mail.attempts, lost)
            else:
                settlement = settle(mail.id, mail.attempts, mail.settled, tried, work.now())
            if mail.walk_in:
                settlement = masked(settlement)
            work.mails.settle(mail, settlement)
            level = Level.INFORMATION if settlement.state is MailState.SENT else Level.WARNING
            text = self._texts.get(
                f"journal.{settlement.state}", self._locale, mail=f"mails/{mail.id}", answer=settlement.answer
            )
            work.journal.write(text, source=SOURCE, level=level)
        self._meter.moved(settlement.state)
        return settlement

    def _strand(self, execution: Execution) -> None:
        with self._open_work(execution.fence) as work:
            stranded = work.mails.strand(self._texts.get("last_answer.stranded", self._locale))
            for mail in stranded:
                text = self._texts.get("journal.stranded", self._locale, mail=f"mails/{mail}")
                work.journal.write(text, source=SOURCE, level=Level.WARNING)
        if stranded:
            self._meter.moved(MailState.UNCERTAIN, len(stranded))

    def _wait_for_server(self, execution: Execution, lost: OutOfReach, outages: int) -> None:
        with self._open_work(execution.fence) as work:
            count = work.mails.postpone(work.now() + outage_delay(outages), str(lost))
            text = self._texts.get("journal.out_of_reach", self._locale, why=str(lost), count=count)
            work.journal.write(text, source=SOURCE, level=Level.WARNING)
