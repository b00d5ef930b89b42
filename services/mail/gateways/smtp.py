"""Speaks SMTP, in two halves: what is offered cannot have been sent yet, what is delivered may have been."""

import re
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from services.mail.domain.address import Address
from services.mail.domain.delivery import Answer, Lost, OutOfReach

MOST_MESSAGES = 100  #: of one connection; servers grow suspicious of longer ones
CLOSING = 421  #: the server is about to close the connection, whatever was asked
GO_AHEAD = 354


class Security(StrEnum):
    """How a connection is protected."""

    NONE = "none"  #: not at all; for a server on the same machine
    STARTTLS = "starttls"  #: upgraded before anything is said; refused where the server cannot
    TLS = "tls"  #: from the first byte


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The server that takes our mail."""

    host: str
    port: int
    security: Security
    user: str = ""  #: empty: no login
    password: str = ""
    ca: Path | None = None  #: authorities to trust in the place of the system's
    hello: str  #: how we call ourselves
    command_timeout: float = 30.0  #: seconds for connecting and for each reply
    content_timeout: float = 300.0  #: seconds for the reply to the content: servers scan it first


class _Closing(Exception):
    """The server said 421."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer))


class SmtpTransport:
    """Opens sessions with one relay."""

    def __init__(self, relay: Relay, sender: Address) -> None:
        self._relay, self._sender = relay, sender

    def session(self) -> "SmtpSession":
        """Connects when first needed."""
        return SmtpSession(self._relay, self._sender)


class SmtpSession:
    """One connection, kept for many mails and renewed when it is worn out."""

    def __init__(self, relay: Relay, sender: Address) -> None:
        self._relay, self._sender = relay, sender
        self._client: smtplib.SMTP | None = None
        self._offers = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._leave()

    def offer(self, recipients: Sequence[Address]) -> Mapping[Address, Answer]:
        """Names sender and recipients; answers what the server said to each. Raises OutOfReach."""
        if self._offers >= MOST_MESSAGES:
            self._leave()
        fresh = self._client is None
        try:
            return self._offer(recipients)
        except (_Closing, smtplib.SMTPException, OSError) as error:
            self._drop()
            if fresh:
                raise OutOfReach(_why(self._relay, error)) from error
        # An old connection may have been closed by the other end meanwhile; a new one says how things are.
        try:
            return self._offer(recipients)
        except (_Closing, smtplib.SMTPException, OSError) as error:
            self._drop()
            raise OutOfReach(_why(self._relay, error)) from error

    def deliver(self, content: bytes) -> Answer | Lost:
        """Gives the content of the mail just offered."""
        client = self._client
        if client is None:
            raise LookupError("nothing was offered")
        try:
            ahead = self._ask(client, "DATA")
        except (_Closing, smtplib.SMTPException, OSError) as error:
            # No byte of the content was given, so it cannot have been taken.
            self._drop()
            return Answer(CLOSING, _why(self._relay, error))
        if ahead.code != GO_AHEAD:
            self._reset(client)
            # A yes to DATA without its content is no yes to the mail.
            return Answer(CLOSING, f"unexpected answer to DATA: {ahead}") if ahead.taken else ahead
        try:
            if client.sock is not None:
                client.sock.settimeout(self._relay.content_timeout)
            client.send(_dotted(content))
            answer = _answer(client.getreply())
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Lost(_why(self._relay, error))
        if answer.code == CLOSING:
            self._drop()
        return answer

    def forget(self) -> None:
        """Takes an offer back."""
        if self._client is not None:
            self._reset(self._client)

    def _offer(self, recipients: Sequence[Address]) -> dict[Address, Answer]:
        client = self._connected()
        self._offers += 1
        if client.sock is not None:
            client.sock.settimeout(self._relay.command_timeout)
        hello = self._ask(client, f"MAIL FROM:<{self._sender}>")
        if not hello.taken:
            self._reset(client)
            return dict.fromkeys(recipients, hello)
        answers = {recipient: self._ask(client, f"RCPT TO:<{recipient}>") for recipient in recipients}
        if not any(answer.taken for answer in answers.values()):
            self._reset(client)
        return answers

    def _ask(self, client: smtplib.SMTP, command: str) -> Answer:
        answer = _answer(client.docmd(command))
        if answer.code == CLOSING:
            raise _Closing(answer)
        return answer

    def _connected(self) -> smtplib.SMTP:
        if self._client is None:
            self._client, self._offers = _connect(self._relay), 0
        return self._client

    def _reset(self, client: smtplib.SMTP) -> None:
        """Forgets the transaction; a connection that cannot is not used again."""
        try:
            self._ask(client, "RSET")
        except (_Closing, smtplib.SMTPException, OSError):
            self._drop()

    def _leave(self) -> None:
        """Ends the connection politely."""
        if self._client is not None:
            with suppress(smtplib.SMTPException, OSError):  # all was answered; how it ends changes nothing
                self._client.quit()
            self._drop()

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _connect(relay: Relay) -> smtplib.SMTP:
    """A connection that has said hello, is protected as configured, and logged in."""
    timeout = relay.command_timeout
    client: smtplib.SMTP
    if relay.security is Security.TLS:
        client = smtplib.SMTP_SSL(
            relay.host, relay.port, local_hostname=relay.hello, timeout=timeout, context=_trust(relay)
        )
    else:
        client = smtplib.SMTP(relay.host, relay.port, local_hostname=relay.hello, timeout=timeout)
    try:
        client.ehlo_or_helo_if_needed()
        if relay.security is Security.STARTTLS:
            client.starttls(context=_trust(relay))
            client.ehlo_or_helo_if_needed()
        if relay.user:
            client.login(relay.user, relay.password)
    except BaseException:
        client.close()
        raise
    return client


def _trust(relay: Relay) -> ssl.SSLContext:
    """Certificate and host name are verified."""
    return ssl.create_default_context(cafile=relay.ca)


def _answer(reply: tuple[int, bytes]) -> Answer:
    code, text = reply
    return Answer(code, " ".join(text.decode("utf-8", errors="replace").split())[:1000])


def _why(relay: Relay, error: BaseException) -> str:
    """One line for people: the server's own words where it has some."""
    server = f"{relay.host}:{relay.port}"
    if isinstance(error.__context__, TimeoutError):  # smtplib takes a silence for a closed connection
        error = error.__context__
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"{server} refused the login ({_answer((error.smtp_code, _bytes(error.smtp_error)))})"
        case smtplib.SMTPResponseException():
            return f"{server} refused the connection ({_answer((error.smtp_code, _bytes(error.smtp_error)))})"
        case smtplib.SMTPNotSupportedError():
            return f"{server} does not offer what the settings ask for ({error})"
        case ssl.SSLCertVerificationError():
            return f"{server} is not trusted ({error.verify_message})"
        case TimeoutError():
            return f"{server} did not answer in time"
        case ConnectionRefusedError():
            return f"{server} refused the connection; is the server running, and are host and port right?"
        case smtplib.SMTPServerDisconnected():
            return f"{server} closed the connection"
        case _Closing():
            return f"{server} is closing ({error})"
        case _:
            return f"{server} cannot be reached ({error})"


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _dotted(content: bytes) -> bytes:
    """As it is sent after DATA: leading dots doubled, a line with one dot at its end (RFC 5321, 4.5.2)."""
    stuffed = re.sub(rb"(?m)^\.", b"..", content)
    end = b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
    return stuffed + end
