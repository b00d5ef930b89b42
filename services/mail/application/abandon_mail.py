"""Gives up a mail because somebody says so: it is not sent, or not again."""

from dataclasses import dataclass
from uuid import UUID

from chassis.errors import WrongState
from chassis.journal import Level
from chassis.texts import Texts
from services.mail.application.ports import Meter, Work
from services.mail.application.sending import SOURCE
from services.mail.domain.mail import Mail
from services.mail.domain.states import MOVES, MailState


@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonMail:
    """In the transaction of the call. Whoever is offering the mail to a server just now is told before its content."""

    meter: Meter
    texts: Texts
    locale: str  #: of the journal, and of what the mail says of itself

    def __call__(self, work: Work, identifier: UUID, reason: str, caller: str) -> Mail:
        """What is given up already stays as it is. Raises UnknownResource; WrongState once it leaves."""
        mail = work.mails.hold(identifier)
        if mail.state is MailState.ABANDONED:
            return mail
        if MailState.ABANDONED not in MOVES[mail.state]:
            wanted = " or ".join(state.name for state, moves in MOVES.items() if MailState.ABANDONED in moves)
            raise WrongState(f"mails/{identifier}", mail.state.name, wanted)
        work.mails.abandon(identifier, self.texts.get("last_answer.abandoned", self.locale, user=caller, reason=reason))
        text = self.texts.get(
            "journal.abandoned", self.locale, mail=f"mails/{identifier}", state=mail.state.value, reason=reason
        )
        work.journal.write(text, source=SOURCE, level=Level.WARNING, user=caller)
        self.meter.moved(MailState.ABANDONED)
        return work.mails.get(identifier)
