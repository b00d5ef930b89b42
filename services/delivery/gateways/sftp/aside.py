"""Brings a big file onto the server's disk while it is still being written, over a second channel.

A server works through a channel's requests one by one: a sync among the writes would stop them, one at the end would
wait for the whole file. The last sync stays with the writer, who checks it; here are those before it.
"""

import paramiko
import structlog

from services.delivery.gateways.sftp.jobs import Tally
from services.delivery.gateways.sftp.session import Broken, Session, open_session
from services.delivery.gateways.sftp.transport import Transport
from services.delivery.gateways.sftp.wire import (
    NO_ATTRIBUTES,
    Answer,
    Asked,
    Garbled,
    Opened,
    ServerStatus,
    number,
    path,
    string,
)

log = structlog.get_logger(__name__)

FSYNC = b"fsync@openssh.com"
EVERY = 4 << 20  #: acknowledged bytes between two syncs: the disk keeps pace, and the last has little left


class Aside:
    """Syncs of one file. It is a help only: where it breaks, the writer goes on without it."""

    def __init__(self, session: Session, handle: bytes, start: int) -> None:
        self._session = session
        self._handle = handle
        self._asked = start
        self._under_way = False
        self.works = True

    def look(self, tally: Tally) -> None:
        """Takes an answer that has come, and asks again where enough has been written since; waits for nothing."""
        if not self.works:
            return
        try:
            self._session.poll()
            if not self._under_way and tally.prefix - self._asked >= EVERY:
                self._ask(tally)
        except (Broken, Garbled) as error:
            self._give_up(str(error))

    def _ask(self, tally: Tally) -> None:
        self._asked = asked = tally.prefix
        self._under_way = True

        def answered(answer: Answer) -> None:
            self._under_way = False
            if answer.refusal is None:
                tally.synced = max(tally.synced, asked)
            else:
                self._give_up(answer.refusal.answer)

        self._session.post(Asked.EXTENDED, string(FSYNC) + string(self._handle), answered)
        self._session.flush()

    def _give_up(self, why: str) -> None:
        self.works = False
        log.debug("the server does not sync aside", answer=why)

    def close(self) -> None:
        """Waits for what is under way."""
        try:
            if self.works:
                self._session.ask(Asked.CLOSE, string(self._handle))
        except (Broken, Garbled) as error:
            self._give_up(str(error))


class SecondChannel:
    """The second channel of a connection, opened with the first big file; many servers allow only one."""

    def __init__(self, transport: Transport, timeout: float) -> None:
        self._transport = transport
        self._timeout = timeout
        self._session: Session | None = None
        self._refused = False

    def open(self, name: str, start: int) -> Aside | None:
        """For a file that is open for writing; None where the server allows it not."""
        try:
            if self._session is None and not self._refused:
                self._session = open_session(self._transport, self._timeout)
            if self._session is None:
                return None
            body = path(name) + number(Opened.WRITE) + NO_ATTRIBUTES
            return Aside(self._session, self._session.ask(Asked.OPEN, body).handle(), start)
        except ServerStatus as error:
            log.debug("the server does not sync aside", answer=error.answer)
        except (Broken, Garbled, OSError, EOFError, paramiko.SSHException) as error:
            log.debug("the server allows no second channel", answer=str(error))
            self._session, self._refused = None, True
        return None
