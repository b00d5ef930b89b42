"""The way into an IMAP account: through the gate, under TLS where it is asked for, logged in."""

import binascii
from collections.abc import Iterator
from contextlib import contextmanager

from services.delivery.domain.destinations import Imap, Security
from services.delivery.domain.failures import NotAnImapServer, Phase, TlsRefused
from services.delivery.gateways.imap.answers import failure_of_login, failure_of_wire
from services.delivery.gateways.imap.lines import Answer, Literal, Status, string
from services.delivery.gateways.imap.values import Malformed, text
from services.delivery.gateways.imap.wire import NotImap, Wire, WireFailed
from services.delivery.gateways.network import Gate, Patience
from services.delivery.gateways.tls import context_for, tls_errors

FAREWELL = 2.0  #: seconds that a server gets for its last answer


class Session:
    """A logged-in account. Ask, and read how it went; only the end of the conversation raises."""

    def __init__(self, imap: Imap, wire: Wire) -> None:
        self._imap = imap
        self._wire = wire
        self.capabilities: frozenset[str] = frozenset()  #: upper case

    @property
    def usable(self) -> bool:
        """Whether another command may be asked."""
        return not self._wire.broken

    def ask(self, *arguments: bytes | Literal) -> Answer:
        """Sends a command and waits for its end."""
        with told(self._imap, "answer"):
            return self._wire.ask(*arguments)

    def learn(self) -> None:
        """Reads what the server can do; it may be more once we are logged in, and less after TLS."""
        answer = self._wire.ask(b"CAPABILITY")
        words = [text(value) for data in answer.all("CAPABILITY") for value in data.values()]
        self.capabilities = frozenset(word.upper() for word in words)

    def limit(self) -> int | None:
        """The most bytes of a message that the server takes, where it says (RFC 7889)."""
        said = [word.partition("=")[2] for word in self.capabilities if word.startswith("APPENDLIMIT=")]
        return int(said[0]) if said and said[0].isdecimal() else None


@contextmanager
def open_session(imap: Imap, gate: Gate, patience: Patience) -> Iterator[Session]:
    """A logged-in session. Raises failures of ours only."""
    password = imap.login.checked_password()
    wire = Wire(gate.connect(imap.host, imap.port))
    try:
        session = Session(imap, wire)
        with told(imap, "greeting"):
            wire.settle(patience.greeting)
            greeting = _greet(imap, session, wire)
        with told(imap, "login"):
            wire.settle(patience.login)
            if greeting.word != "PREAUTH":
                _log_in(imap, session, wire, password)
            session.learn()
        wire.settle(patience.answer)
        yield session
        _leave(wire)
    finally:
        wire.close()


@contextmanager
def told(imap: Imap, step: Phase) -> Iterator[None]:
    """Turns an end of the conversation into a failure of ours."""
    try:
        yield
    except WireFailed as error:
        raise failure_of_wire(imap, step, error) from error
    except Malformed as error:
        raise NotAnImapServer(imap.host, imap.port, str(error)) from error


def _greet(imap: Imap, session: Session, wire: Wire) -> Status:
    """Hears the greeting, with TLS before or after it; nothing is told about us before."""
    if imap.security is Security.IMPLICIT:
        _secure(imap, wire)
    greeting = wire.greeting()
    session.learn()
    if "IMAP4REV1" not in session.capabilities:  # IMAP4rev2 alone answers a SEARCH otherwise
        raise NotImap("it does not speak IMAP4rev1")
    if imap.security is not Security.EXPLICIT:
        return greeting
    if greeting.word == "PREAUTH":  # STARTTLS is not allowed any more: the way to strip it (RFC 9051 11.1)
        raise TlsRefused(imap.host, imap.port, "it takes the login as done before TLS")
    if "STARTTLS" not in session.capabilities:
        raise TlsRefused(imap.host, imap.port, "it does not offer STARTTLS")
    answer = wire.ask(b"STARTTLS")
    if not answer.ok:
        raise TlsRefused(imap.host, imap.port, answer.status.words)
    _secure(imap, wire)
    session.learn()
    return greeting


def _secure(imap: Imap, wire: Wire) -> None:
    with tls_errors(imap.host, imap.port):
        wire.secure(context_for(imap.trust), imap.host)


def _log_in(imap: Imap, session: Session, wire: Wire, password: str) -> None:
    """By SASL's PLAIN where it is offered, which says in which alphabet passwords are; else by LOGIN."""
    if "\0" in imap.user_name + password:  # it separates them in PLAIN
        refused = Status(word="NO", text="the user name or the password holds a NUL")
        raise failure_of_login(imap, refused)
    if "AUTH=PLAIN" in session.capabilities:
        secret = binascii.b2a_base64(f"\0{imap.user_name}\0{password}".encode(), newline=False)
        answer = wire.ask_in_turns(b"AUTHENTICATE PLAIN", secret)
    elif "LOGINDISABLED" in session.capabilities:
        refused = Status(word="NO", text="it takes no password on this connection (LOGINDISABLED)")
        raise failure_of_login(imap, refused)
    else:
        answer = wire.ask(b"LOGIN", string(imap.user_name), string(password))
    if not answer.ok:
        raise failure_of_login(imap, answer.status)


def _leave(wire: Wire) -> None:
    """Says goodbye; the work is done, whatever the server thinks of it."""
    if wire.broken:
        return
    wire.settle(FAREWELL)
    try:
        wire.ask(b"LOGOUT")
    except WireFailed:
        return  # BYE is the answer that is expected
