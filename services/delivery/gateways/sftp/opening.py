"""An SFTP session with a destination: opened, ended, and what it raises turned into failures of ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.delivery.domain.destinations import Sftp
from services.delivery.domain.failures import ConnectionLost, NotAnSftpServer, TimedOut
from services.delivery.gateways.network import Gate, Patience
from services.delivery.gateways.sftp.session import Broken, Session, open_session
from services.delivery.gateways.sftp.ssh import connect, hang_up, phase
from services.delivery.gateways.sftp.transport import Transport
from services.delivery.gateways.sftp.wire import Garbled


@contextmanager
def opened(sftp: Sftp, gate: Gate, patience: Patience) -> Iterator[tuple[Transport, Session]]:
    """A session, and the connection that it goes over. Raises failures of ours only."""
    transport = connect(sftp, gate, patience)
    try:
        with phase(sftp, "session"), session_errors(sftp):
            session = open_session(transport, patience.answer)
        yield transport, session
    finally:
        hang_up(transport)


@contextmanager
def session_errors(sftp: Sftp) -> Iterator[None]:
    """Turns what a session raises into failures of ours, but for a refusal: what that means depends on the request."""
    try:
        yield
    except Broken as error:
        if error.timed_out:
            raise TimedOut(sftp.host, sftp.port, "answer") from error
        raise ConnectionLost(sftp.host, sftp.port, str(error)) from error
    except Garbled as error:
        raise NotAnSftpServer(sftp.host, sftp.port, str(error)) from error
