"""paramiko's transport as SFTP needs it: it asks to log in once, and its packets leave together."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import paramiko
from paramiko.common import cMSG_SERVICE_REQUEST
from paramiko.message import Message
from paramiko.packet import Packetizer

GATHERED = 256 * 1024  #: bytes of packets that wait for company, at most


class GatheringPacketizer(Packetizer):
    """Sends the packets of one thread several with a call: a server that is woken for each spends itself on waking.

    Those of other threads (answers to a new exchange of keys among them) wait for nothing, and what has waited goes
    before them.
    """

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection)
        self._order = threading.RLock()
        self._held: list[bytes] = []
        self._size = 0
        self._holder: int | None = None  #: the thread whose packets wait

    @contextmanager
    def together(self) -> Iterator[None]:
        """Lets what this thread sends inside leave together; at the end all has left. Raises `EOFError`."""
        self._holder = threading.get_ident()
        try:
            yield
        finally:
            self._holder = None
            self.flush()

    def flush(self) -> None:
        """Sends what waits. Whoever is about to wait for the server calls it before."""
        with self._order:
            out = b"".join(self._held)
            self._held.clear()
            self._size = 0
            if out:
                super().write_all(out)

    def write_all(self, out: bytes) -> None:  # type: ignore[override]  # the stubs allow any buffer; it sends bytes
        """Called by paramiko with each packet, in their order."""
        with self._order:
            self._held.append(out)
            self._size += len(out)
            if self._size >= GATHERED or threading.get_ident() != self._holder:
                self.flush()


class Transport(paramiko.Transport):
    """Asks for the login service once.

    paramiko's own asks before each way to log in, and some servers hang up on the second; its newer class
    (`ServiceRequestingTransport`) waits for ever where the server does not answer. This rests on what both keep to
    themselves: a test holds a server that hangs up.
    """

    packetizer: GatheringPacketizer
    _asked = False

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection, packetizer_class=GatheringPacketizer)

    def _send_message(self, data: Message) -> None:
        if not self.is_authenticated() and data.asbytes()[:1] == cMSG_SERVICE_REQUEST:
            if self._asked:
                accepted = Message()
                accepted.add_string("ssh-userauth")
                accepted.rewind()
                self.auth_handler._parse_service_accept(accepted)  # type: ignore[union-attr]  # the stubs leave it out
                return
            self._asked = True
        super()._send_message(data)  # type: ignore[misc]  # the stubs leave it out
