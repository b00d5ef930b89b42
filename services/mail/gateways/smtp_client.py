"""A connection with an SMTP server: made, protected and logged in as told; and why it could not be."""

import base64
import binascii
import smtplib
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from chassis.network import AddressDenied, NetworkGate, NotCalled, PortDenied
from services.mail.domain.delivery import Answer, OutOfReach, TurnedAway
from services.mail.domain.servers import Security

LOGGED_IN = 235
SMTP_CODES = 200, 599
MOST_LINES = 500  #: of one reply
LONGEST_GUESS = 3  #: bytes of a password that is not worth hiding: it stands in any words
RECEIVED = 8192  #: bytes asked for at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A server that takes our mail."""

    host: str
    port: int
    security: Security
    user: str = ""  #: empty: no login
    password: str = field(repr=False, default="")
    ca: Path | None = None  #: authorities to trust in the place of the system's
    more_ca: Path | None = None  #: authorities to trust beside the system's
    gate: NetworkGate | None = None  #: that people's servers pass; the administrator's own passes none
    hello: str  #: how we call ourselves
    command_timeout: float = 30.0  #: seconds for connecting and for each reply
    content_timeout: float = 300.0  #: seconds for the reply to the content: servers scan it first


class Closing(Exception):
    """The server said 421."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer))


class NotSmtp(Exception):
    """What is said there is not what SMTP servers say, or has no end."""


#: Whatever a conversation with a server may end with.
FAULTS = (Closing, NotSmtp, smtplib.SMTPException, OSError, NotCalled)


class _Replies:
    """What a server says, line by line. The library itself would read one reply for ever, and as slowly as it comes."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection, self._arrived = connection, b""
        self._lines, self._end = 0, 0.0

    def begin(self, patience: float) -> None:
        """Another reply, and how many seconds there are for it."""
        self._lines, self._end = 0, monotonic() + patience

    def readline(self, limit: int) -> bytes:
        self._lines += 1
        if self._lines > MOST_LINES:
            raise NotSmtp
        while b"\n" not in self._arrived and len(self._arrived) < limit:
            left = self._end - monotonic()
            if left <= 0:  # it has said a little all the time
                raise TimeoutError
            self._connection.settimeout(left)
            more = self._connection.recv(RECEIVED)
            if not more:
                break
            self._arrived += more
        length = min(self._arrived.find(b"\n") + 1 or len(self._arrived), limit)
        line, self._arrived = self._arrived[:length], self._arrived[length:]
        return line

    def close(self) -> None:
        """The connection is its client's to close."""


class Client(smtplib.SMTP):
    """Goes through the relay's gate, and speaks TLS from the first byte where it should."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self.patience = relay.command_timeout  #: seconds for each thing said, and for each reply
        super().__init__(relay.host, relay.port, local_hostname=relay.hello, timeout=relay.command_timeout)

    def send(self, s: bytes | str) -> None:  # type: ignore[override]  # nobody gives it another kind of buffer
        if self.sock is not None:
            self.sock.settimeout(self.patience)
        super().send(s)

    def getreply(self) -> tuple[int, bytes]:
        if self.sock is not None:
            if self.file is None:
                self.file = _Replies(self.sock)
            self.file.begin(self.patience)
        try:
            return super().getreply()
        except NotSmtp:  # where the library is at its first words, nobody else has the connection yet
            self.close()
            raise

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        gate = self._relay.gate
        connection = socket.create_connection((host, port), timeout) if gate is None else gate.connect(host, port)
        connection.settimeout(timeout)
        if self._relay.security is not Security.TLS:
            return connection
        try:
            return trust(self._relay).wrap_socket(connection, server_hostname=host)
        except BaseException:
            connection.close()
            raise


def connect(relay: Relay) -> Client:
    """A connection that has said hello, is protected as configured, and logged in. Raises one of FAULTS."""
    client = Client(relay)
    try:
        client.ehlo_or_helo_if_needed()
        if relay.security is Security.STARTTLS:
            client.starttls(context=trust(relay))
            client.ehlo_or_helo_if_needed()
        if relay.user:
            _log_in(client, relay)
    except BaseException:
        client.close()
        raise
    return client


def trust(relay: Relay) -> ssl.SSLContext:
    """Certificate and host name are verified."""
    context = ssl.create_default_context(cafile=relay.ca)
    if relay.more_ca is not None:
        context.load_verify_locations(cafile=relay.more_ca)
    return context


def out_of_reach(relay: Relay, error: BaseException) -> OutOfReach:
    """What the fault means for the mails that wait: TurnedAway where trying again would not help."""
    kind = TurnedAway if _for_good(error) else OutOfReach
    return kind(why(relay, error))


def read_answer(reply: tuple[int, bytes]) -> Answer:
    """The server's reply, in one line."""
    code, text = reply
    words = text.decode("utf-8", errors="replace").replace("\0", "\ufffd")  # which no database holds
    return Answer(code, " ".join(words.split())[:1000])


def why(relay: Relay, error: BaseException) -> str:
    """One line for people: the server's own words where it has some."""
    server = f"{relay.host}:{relay.port}"
    if isinstance(error.__context__, TimeoutError):  # smtplib takes a silence for a closed connection
        error = error.__context__
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"{server} refused the login ({read_answer((error.smtp_code, _hidden(relay, error.smtp_error)))})"
        case NotSmtp():
            return f"{server} does not answer as an SMTP server"
        case smtplib.SMTPResponseException() if not SMTP_CODES[0] <= error.smtp_code <= SMTP_CODES[1]:
            return f"{server} does not answer as an SMTP server"  # its words are not for people who name servers
        case smtplib.SMTPResponseException():
            return f"{server} refused the connection ({read_answer((error.smtp_code, _bytes(error.smtp_error)))})"
        case smtplib.SMTPNotSupportedError():
            return f"{server} does not offer what the settings ask for ({error})"
        case ssl.SSLCertVerificationError():
            return f"{server} is not trusted ({error.verify_message})"
        case TimeoutError():
            return f"{server} did not answer in time"
        case ConnectionRefusedError():
            return f"{server} refused the connection; is the server running, and are host and port right?"
        case NotCalled():
            return str(error)
        case smtplib.SMTPServerDisconnected():
            return f"{server} closed the connection"
        case Closing():
            return f"{server} is closing ({error})"
        case _:
            return f"{server} cannot be reached ({error})"


def _log_in(client: Client, relay: Relay) -> None:
    if relay.user.isascii() and relay.password.isascii():
        try:
            client.login(relay.user, relay.password)
        except binascii.Error as error:  # of a challenge
            raise NotSmtp from error
        return
    # The library's own mechanisms know ASCII only; PLAIN is UTF-8 (RFC 4616).
    if "PLAIN" not in client.esmtp_features.get("auth", "").upper().split():
        raise smtplib.SMTPNotSupportedError("a login with letters outside ASCII needs AUTH PLAIN")
    code, text = client.docmd("AUTH", f"PLAIN {_plain(relay).decode()}")
    if code != LOGGED_IN:
        raise smtplib.SMTPAuthenticationError(code, text)


def _for_good(error: BaseException) -> bool:
    match error:
        case smtplib.SMTPAuthenticationError():
            return not Answer(error.smtp_code, "").temporary
        case smtplib.SMTPNotSupportedError() | AddressDenied() | PortDenied():
            return True
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():  # it went away in the middle
            return False
        case ssl.SSLError():
            return True
        case _:  # the library's word for a server without any mechanism that we know
            return type(error) is smtplib.SMTPException


def _plain(relay: Relay) -> bytes:
    return base64.b64encode(f"\0{relay.user}\0{relay.password}".encode())


def _hidden(relay: Relay, answer: bytes | str) -> bytes:
    """A server's answer to a login; some say back what they do not understand."""
    said = _bytes(answer)
    for secret in (_plain(relay), base64.b64encode(relay.password.encode()), relay.password.encode()):
        if len(secret) > LONGEST_GUESS:
            said = said.replace(secret, b"***")
    return said


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
