"""Gives up a file that has still to be sent, because a person says so."""

from dataclasses import dataclass
from uuid import UUID

from chassis.errors import UnknownResource, WrongState
from chassis.journal import Level
from chassis.texts import Texts
from services.delivery.application.ports import Work
from services.delivery.domain.destinations import destination_name, sandbox_key
from services.delivery.domain.errors import BeingSent
from services.delivery.domain.spool import ON_ITS_WAY, FileState, SpoolFile

SOURCE = "spool"
AT_WORK = frozenset({FileState.SENDING, FileState.RENAMING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Discarded:
    """A file given up, and the state it was in."""

    file: SpoolFile
    before: FileState


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscardFile:
    """In the transaction of the call; its bytes are taken out of the spool after the commit, or by the sweeper.

    What its tries have left at the far end is cleared by the next sending there.
    """

    texts: Texts
    locale: str  #: of the journal

    def __call__(self, work: Work, identifier: UUID, reason: str, caller: str) -> Discarded:
        """Raises `UnknownResource`, `BeingSent`, and `WrongState` for a file that is not on its way."""
        file = work.unsent.hold([identifier]).get(identifier)
        if file is None:
            raise UnknownResource(f"files/{identifier}")
        if file.state not in ON_ITS_WAY | {FileState.PARKED} or file.destination is None:
            raise WrongState(f"files/{identifier}", file.state.value, "still to be sent")
        key = sandbox_key(file.destination) if file.training else file.destination
        if file.unspooled or (file.state in AT_WORK and work.unsent.being_sent(key)):
            raise BeingSent(f"files/{identifier}")
        given_up = work.unsent.discard(identifier)
        text = self.texts.get(
            "journal.discarded",
            self.locale,
            file_name=file.file_name,
            destination=destination_name(file.destination),
            state=file.state.value,
            reason=reason,
        )
        work.journal.write(text, source=SOURCE, level=Level.WARNING, user=caller, correlation=str(identifier))
        return Discarded(file=given_up, before=file.state)
