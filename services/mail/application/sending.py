"""One try of one mail, with its commits around DATA, and what becomes of mails that a dead process left half sent."""

from chassis import telemetry
from chassis.journal import Level
from chassis.operations.execution import Execution
from chassis.texts import Texts
from services.mail.application.ports import Composer, Meter, OpenWork, Session, Work
from services.mail.domain.delivery import OutOfReach, Settlement, Try, fail, masked, settle, without_addresses
from services.mail.domain.errors import MailMoved
from services.mail.domain.mail import DueMail
from services.mail.domain.states import MailState

SOURCE = "outbox"


class MailSender:
    """Offers a mail, and writes down what became of it.

    Where the process dies          the mail is found      and becomes
    before SENDING is committed     QUEUED                 sent by the successor; the server was given no content
    between that and SENT           SENDING                UNCERTAIN: it may have arrived, so a person decides
    after SENT is committed         SENT                   nothing more
    """

    def __init__(self, open_work: OpenWork, composer: Composer, meter: Meter, texts: Texts, locale: str) -> None:
        self._open_work, self._composer = open_work, composer
        self._meter, self._texts, self._locale = meter, texts, locale

    def send(self, execution: Execution, session: Session, mail: DueMail, *, legacy: bool = False) -> Settlement | None:
        """One try. None where somebody gave the mail up meanwhile. Raises OutOfReach."""
        with telemetry.span("mail.transaction", mail=str(mail.id)):
            if not mail.pending:
                return self.fail(execution, mail, self._texts.get("last_answer.address_lost", self._locale))
            try:
                offered = session.offer(mail.pending)
            except OutOfReach as lost:  # its words are told of every mail that waits, and in the journal
                raise type(lost)(without_addresses(str(lost), mail.pending)) from lost
            answer = None
            try:
                if any(reply.taken for reply in offered.values()):
                    with self._open_work(execution.fence) as work:
                        attachments = work.mails.begin_sending(mail.id, legacy=legacy)
                        content = self._composer.compose(mail, attachments)
                    answer = session.deliver(content)
                with self._open_work(execution.fence) as work:
                    tried = Try(offered=offered, content=answer)
                    settlement = settle(mail.id, mail.attempts, mail.settled, tried, work.now())
                    settlement = self._write(work, mail, settlement)
            except MailMoved:
                session.forget()
                return None
        self._meter.moved(settlement.state)
        return settlement

    def fail(self, execution: Execution, mail: DueMail, why: str) -> Settlement | None:
        """What cannot be offered to any server. None where somebody gave the mail up meanwhile."""
        try:
            with self._open_work(execution.fence) as work:
                settlement = self._write(work, mail, fail(mail.id, mail.attempts, why))
        except MailMoved:
            return None
        self._meter.moved(settlement.state)
        return settlement

    def strand(self, execution: Execution, server: str = "") -> None:
        """Whoever was sending by this server is gone; what it left half sent waits for a person."""
        with self._open_work(execution.fence) as work:
            stranded = work.mails.strand(self._texts.get("last_answer.stranded", self._locale), server)
            for mail in stranded:
                text = self._texts.get("journal.stranded", self._locale, mail=f"mails/{mail}")
                work.journal.write(text, source=SOURCE, level=Level.WARNING)
        if stranded:
            self._meter.moved(MailState.UNCERTAIN, len(stranded))

    def _write(self, work: Work, mail: DueMail, settlement: Settlement) -> Settlement:
        if mail.walk_in:
            settlement = masked(settlement)
        work.mails.settle(mail, settlement)
        level = Level.INFORMATION if settlement.state is MailState.SENT else Level.WARNING
        text = self._texts.get(
            f"journal.{settlement.state}", self._locale, mail=f"mails/{mail.id}", answer=settlement.answer
        )
        work.journal.write(text, source=SOURCE, level=level)
        return settlement
