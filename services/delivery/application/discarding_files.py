"""Gives up a file that has still to be sent, because a person says so.

    file held → its messages given up in mail → DISCARDED and journalled, committed → the person is told

Whoever dies on the way has told nobody: the file still goes, by another message, or the call is repeated.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.errors import UnknownResource, WrongState
from chassis.journal import Level
from chassis.texts import Texts
from services.delivery.application.far_ends import Messages
from services.delivery.application.ports import Work
from services.delivery.domain.destinations import PROTOCOLS, Email, destination_name, sandbox_key
from services.delivery.domain.errors import BeingSent
from services.delivery.domain.spool import ON_ITS_WAY, FileState, SpoolFile

SOURCE = "spool"
AT_WORK = frozenset({FileState.SENDING, FileState.RENAMING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Discarded:
    """A file given up, and the state it was in."""

    file: SpoolFile
    before: FileState
    reached: Sequence[str]  #: messages with it that have arrived, at some of their recipients at least, or may have


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscardFile:
    """In the transaction of the call; its bytes are taken out of the spool after the commit, or by the sweeper.

    What its tries have left at the far end is cleared by the next sending there. Its messages in mail are given up
    before the commit, while nobody can begin a try of it: nothing leaves after somebody was told that nothing will.
    """

    messages: Messages
    texts: Texts
    locale: str  #: of the journal

    def __call__(self, work: Work, identifier: UUID, reason: str, caller: str) -> Discarded:
        """Raises `UnknownResource`, `BeingSent`, `Unavailable`, and `WrongState` for a file that is not on its way."""
        file = work.unsent.hold([identifier]).get(identifier)
        if file is None:
            raise UnknownResource(f"files/{identifier}")
        if file.state not in ON_ITS_WAY | {FileState.PARKED} or file.destination is None:
            raise WrongState(f"files/{identifier}", file.state.value, "still to be sent")
        key = sandbox_key(file.destination) if file.training else file.destination
        if file.unspooled or (file.state in AT_WORK and work.unsent.being_sent(key)):
            raise BeingSent(f"files/{identifier}")
        reached = self._take_back(work, file, reason, caller)
        given_up = work.unsent.discard(identifier)
        text = self.texts.get(
            "journal.discarded_late" if reached else "journal.discarded",
            self.locale,
            file_name=file.file_name,
            destination=destination_name(file.destination),
            state=file.state.value,
            reason=reason,
            **({"mails": ", ".join(reached)} if reached else {}),
        )
        work.journal.write(text, source=SOURCE, level=Level.WARNING, user=caller, correlation=str(identifier))
        return Discarded(file=given_up, before=file.state, reached=reached)

    def _take_back(self, work: Work, file: SpoolFile, reason: str, caller: str) -> Sequence[str]:
        """Its messages that have arrived, or may have; the others never will."""
        if file.training or not file.attempts or file.destination is None:
            return ()
        by_mail = work.destinations.get(file.destination).protocol == PROTOCOLS[Email]
        if not by_mail and not work.unsent.mailed(file.id):  # mail is nothing to it
            return ()
        why = self.texts.get("mail.given_up", self.locale, caller=caller, reason=reason)
        return self.messages.give_up(file, why)
