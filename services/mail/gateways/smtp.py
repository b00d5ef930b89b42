"""Speaks SMTP, in two halves: what is offered cannot have been sent yet, what is delivered may have been."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from chassis.network import NetworkGate
from services.mail.domain.address import Address
from services.mail.domain.delivery import Answer, Lost
from services.mail.domain.servers import OwnServer
from services.mail.gateways.smtp_client import FAULTS, Client, Closing, Relay, connect, out_of_reach, read_answer, why

MOST_MESSAGES = 100  #: of one connection; servers grow suspicious of longer ones
CLOSING = 421  #: the server is about to close the connection, whatever was asked
GO_AHEAD = 354


class SmtpTransport:
    """Opens sessions with mail's own relay, and, through a gate, with servers that people name."""

    def __init__(
        self, relay: Relay, sender: Address, gate: NetworkGate | None = None, own_ca: Path | None = None
    ) -> None:
        self._relay, self._sender, self._gate, self._own_ca = relay, sender, gate, own_ca

    def session(self, server: OwnServer | None) -> "SmtpSession":
        """Connects when first needed."""
        if server is None:
            return SmtpSession(self._relay, self._sender)
        relay = replace(
            self._relay,
            host=server.host,
            port=server.port,
            security=server.security,
            user=server.user_name,
            password=server.password or "",
            ca=None,
            more_ca=self._own_ca,
            gate=self._gate,
        )
        return SmtpSession(relay, server.sender or self._sender)


class SmtpSession:
    """One connection, kept for many mails and renewed when it is worn out."""

    def __init__(self, relay: Relay, sender: Address) -> None:
        self._relay, self._sender = relay, sender
        self._client: Client | None = None
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
        except FAULTS as error:
            self._drop()
            if fresh:
                raise out_of_reach(self._relay, error) from error
        # An old connection may have been closed by the other end meanwhile; a new one says how things are.
        try:
            return self._offer(recipients)
        except FAULTS as error:
            self._drop()
            raise out_of_reach(self._relay, error) from error

    def deliver(self, content: bytes) -> Answer | Lost:
        """Gives the content of the mail just offered."""
        client = self._client
        if client is None:
            raise LookupError("nothing was offered")
        try:
            ahead = self._ask(client, "DATA")
        except FAULTS as error:
            # No byte of the content was given, so it cannot have been taken.
            self._drop()
            return Answer(CLOSING, why(self._relay, error))
        if ahead.code != GO_AHEAD:
            self._reset(client)
            # A yes to DATA without its content is no yes to the mail.
            return Answer(CLOSING, f"unexpected answer to DATA: {ahead}") if ahead.taken else ahead
        try:
            client.patience = self._relay.content_timeout
            client.send(_dotted(content))
            answer = read_answer(client.getreply())
        except FAULTS as error:
            self._drop()
            return Lost(why(self._relay, error))
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
        hello = self._ask(client, f"MAIL FROM:<{self._sender}>")
        if not hello.taken:
            self._reset(client)
            return dict.fromkeys(recipients, hello)
        answers = {recipient: self._ask(client, f"RCPT TO:<{recipient}>") for recipient in recipients}
        if not any(answer.taken for answer in answers.values()):
            self._reset(client)
        return answers

    def _ask(self, client: Client, command: str) -> Answer:
        client.patience = self._relay.command_timeout
        answer = read_answer(client.docmd(command))
        if answer.code == CLOSING:
            raise Closing(answer)
        return answer

    def _connected(self) -> Client:
        if self._client is None:
            self._client, self._offers = connect(self._relay), 0
        return self._client

    def _reset(self, client: Client) -> None:
        """Forgets the transaction; a connection that cannot is not used again."""
        try:
            self._ask(client, "RSET")
        except FAULTS:
            self._drop()

    def _leave(self) -> None:
        """Ends the connection politely."""
        if self._client is not None:
            with suppress(*FAULTS):  # all was answered; how it ends changes nothing
                self._ask(self._client, "QUIT")
            self._drop()

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _dotted(content: bytes) -> bytes:
    """As it is sent after DATA: leading dots doubled, a line with one dot at its end (RFC 5321, 4.5.2)."""
    stuffed = re.sub(rb"(?m)^\.", b"..", content)
    end = b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
    return stuffed + end
