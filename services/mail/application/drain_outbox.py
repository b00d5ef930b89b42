"""Sends the mails that are due and go by mail's own server."""

from collections import Counter
from collections.abc import Iterator

from chassis.journal import Level
from chassis.operations.execution import Execution
from chassis.operations.model import Outcome
from chassis.texts import Texts
from services.mail.application.outbox import send_later
from services.mail.application.ports import Meter, OpenWork, Transport
from services.mail.application.sending import SOURCE, MailSender
from services.mail.domain.delivery import OutOfReach
from services.mail.domain.mail import DueMail
from services.mail.domain.retry import outage_delay
from services.mail.domain.states import MailState

BATCH = 50  #: mails read at once


class OutboxDrain:
    """Empties the outbox. One runs at a time, so what it finds SENDING at its start was left by a dead one."""

    def __init__(
        self,
        open_work: OpenWork,
        transport: Transport,
        sender: MailSender,
        meter: Meter,
        texts: Texts,
        locale: str,
        *,
        legacy: bool = False,
    ) -> None:
        self._open_work, self._transport, self._sender = open_work, transport, sender
        self._meter, self._texts, self._locale = meter, texts, locale
        self._legacy = legacy  # whether mail's own server is that of the legacy settings

    def __call__(self, execution: Execution, outages: int) -> Outcome:
        """`outages`: how often in a row the server could not be reached before."""
        self._sender.strand(execution)
        settled: Counter[MailState] = Counter()
        try:
            with self._transport.session(None) as session:
                for mail in self._due(execution):
                    execution.check()
                    settlement = self._sender.send(execution, session, mail, legacy=self._legacy)
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

    def _wait_for_server(self, execution: Execution, lost: OutOfReach, outages: int) -> None:
        with self._open_work(execution.fence) as work:
            count = work.mails.postpone(work.now() + outage_delay(outages), str(lost))
            text = self._texts.get("journal.out_of_reach", self._locale, why=str(lost), count=count)
            work.journal.write(text, source=SOURCE, level=Level.WARNING)
