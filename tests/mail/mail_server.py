"""A real SMTP server on loopback whose answers the test chooses, and which keeps what it took."""

import asyncio
import email
import email.policy
import ssl
import threading
from collections import Counter
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

OK = "250 OK"


@dataclass
class Delivered:
    """A mail that the server took, or read before it lost it."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class Behaviour:
    """What the server says; answers are taken from the front, then it says yes."""

    hello: list[str] = field(default_factory=list)  #: to MAIL
    recipients: dict[str, str] = field(default_factory=dict)  #: to RCPT, by address; stays
    content: list[str] = field(default_factory=list)  #: to the content
    close_at: set[str] = field(default_factory=set)  #: MAIL, RCPT, DATA (before 354) or CONTENT; once each


class _Conversation(SMTP):
    """Counts commands; closes where told."""

    owner: "MailServer"

    async def _lost(self, where: str) -> bool:
        if where not in self.owner.behaviour.close_at:
            return False
        self.owner.behaviour.close_at.remove(where)
        assert isinstance(self.transport, asyncio.Transport)
        self.transport.abort()
        return True

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd's name
        self.owner.commands["EHLO"] += 1
        await super().smtp_EHLO(hostname)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        self.owner.commands["DATA"] += 1
        if not await self._lost("DATA"):
            await super().smtp_DATA(arg)


class _Handler:
    def __init__(self, owner: "MailServer") -> None:
        self._owner = owner

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's name
        self, server: _Conversation, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._owner.commands["MAIL"] += 1
        if self._owner.asks_for_login and not session.authenticated:
            return "530 5.7.0 Authentication required"
        if await server._lost("MAIL"):
            return OK
        answer = self._owner.behaviour.hello.pop(0) if self._owner.behaviour.hello else OK
        if answer.startswith("2"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: _Conversation, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if await server._lost("RCPT"):
            return OK
        answer = self._owner.behaviour.recipients.get(address, OK)
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: _Conversation, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.original_content, bytes)
        delivered = Delivered(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.original_content)
        if await server._lost("CONTENT"):
            self._owner.lost.append(delivered)
            return OK
        answer = self._owner.behaviour.content.pop(0) if self._owner.behaviour.content else OK
        if answer.startswith("2"):
            self._owner.taken.append(delivered)
        return answer


class MailServer:
    """Started and stopped by a fixture; `behaviour` may change at any time."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        login: tuple[str, str] | None = None,
    ) -> None:
        self.behaviour = Behaviour()
        self.commands: Counter[str] = Counter()
        self.taken: list[Delivered] = []
        self.lost: list[Delivered] = []  #: read whole, and the connection closed without an answer
        owner = self

        class Conversation(_Conversation):
            pass

        Conversation.owner = owner
        options: dict[str, Any] = {"hostname": "mx.test", "data_size_limit": 10_000_000}
        #: The library asks for a login only after STARTTLS; without, this server asks itself.
        self.asks_for_login = login is not None and starttls is None
        if login is not None:
            upgraded = starttls is not None
            options |= {
                "authenticator": _authenticator(login),
                "auth_required": upgraded,
                "auth_require_tls": upgraded,
            }
        if starttls is not None:
            options |= {"tls_context": starttls, "require_starttls": True}

        handler, loop = _Handler(self), asyncio.new_event_loop()
        self._make = lambda: Conversation(handler, loop=loop, **options)
        self._tls = tls
        self._loop = loop
        self._thread = threading.Thread(target=self._loop.run_forever, name="mail-server")

    def start(self) -> None:
        self._thread.start()
        listening = self._loop.create_server(self._make, "127.0.0.1", 0, ssl=self._tls)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result(10)
        self.port: int = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        conversations = asyncio.all_tasks() - {asyncio.current_task()}
        for conversation in conversations:
            conversation.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)
        await asyncio.sleep(0)  # lets transports close


def _authenticator(login: tuple[str, str]) -> Any:
    def check(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == login
        return AuthResult(success=known, handled=False)

    return check
