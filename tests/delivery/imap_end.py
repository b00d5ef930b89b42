"""A far end that is not ours: pymap's IMAP server on loopback, its messages looked at with Python's imaplib."""

import asyncio
import imaplib
import ssl
import threading
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, DictBackend
from pymap.backend.dict import Login as Accounts
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pysasl.hashing import BuiltinHash

from services.delivery.domain.destinations import Imap, Security, Trust
from services.delivery.domain.logins import Login

USER, PASSWORD = "boutique", 's3cr\\e"t'


class _Config(Config):
    """pymap's, able to keep silent about what it can do."""

    silent_about: Sequence[bytes] = ()

    @property
    def greeting(self) -> bytes:
        """Without the machine's name, which pymap would ask the network for."""
        return b"at your service"

    @property
    def login_capability(self) -> Sequence[bytes]:
        return [each for each in super().login_capability if each not in self.silent_about]


class ImapEnd:
    """The server, on a thread of its own, with what it holds in memory."""

    def __init__(
        self,
        certificate: tuple[Path, Path] | None = None,
        *,
        implicit: bool = False,
        limit: int | None = None,
        silent_about: Sequence[bytes] = (),
        password: str = PASSWORD,
    ) -> None:
        self.port = 0
        self._password = password
        self._implicit = implicit
        self._certificate = certificate
        self._limit = limit
        self._silent_about = silent_about
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._stack = AsyncExitStack()

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def method(
        self,
        folder: str = "",
        *,
        security: Security = Security.NONE,
        trust: Trust | None = None,
        password: str = PASSWORD,
    ) -> Imap:
        return Imap(
            host="127.0.0.1",
            port=self.port,
            user_name=USER,
            security=security,
            trust=trust or Trust(),
            folder=folder,
            login=Login(password=password),
        )

    def messages(self, folder: str = "INBOX") -> list[EmailMessage]:
        """What lies in a folder, named as on the wire, in the order of its arrival."""
        with self.client() as client:
            client.select(f'"{folder}"', readonly=True)
            _, found = client.uid("SEARCH", "ALL")
            return [_fetched(client, uid) for uid in found[0].split()]

    def flags(self, folder: str = "INBOX") -> list[bytes]:
        """What is said of each message."""
        with self.client() as client:
            client.select(f'"{folder}"', readonly=True)
            _, said = client.fetch("1:*", "(FLAGS INTERNALDATE)")
            return [line for line in said if isinstance(line, bytes)]

    def put(self, message: EmailMessage | bytes, folder: str = "INBOX") -> None:
        """Stores a message as another client would."""
        raw = message if isinstance(message, bytes) else message.as_bytes(policy=message.policy.clone(linesep="\r\n"))
        with self.client() as client:
            assert client.append(f'"{folder}"', "", "", raw)[0] == "OK"

    @contextmanager
    def client(self) -> Iterator[imaplib.IMAP4]:
        """Another client."""
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=10) as client:
            client.login(USER, PASSWORD)
            yield client

    async def _listen(self) -> None:
        args = Namespace(passlib_cfg=None, proxy_protocol=None)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        if self._certificate is not None:
            context.load_cert_chain(*self._certificate)
        config = _Config(
            args,
            host="127.0.0.1",
            port=0,
            demo_data=False,
            demo_user=USER,
            demo_password=self._password,
            tls_enabled=self._certificate is not None and not self._implicit,
            invalid_user_sleep=0,
            cpu_subsystem=Subsystem.for_asyncio(),  # else it leaves threads and loops behind
            hash_context=BuiltinHash(rounds=1),
            max_append_len=self._limit,
            ssl_context=context,
        )
        config.silent_about = self._silent_about
        config.apply_context()
        accounts = Accounts(config)
        await DictBackend._add_demo_user(config, accounts)
        server = IMAPServer(accounts, config)
        callback = ProxyProtocolReader(config.proxy_protocol).get_callback(server)
        tls = context if self._implicit else None
        listening = await asyncio.start_server(callback, host="127.0.0.1", port=0, ssl=tls)
        self.port = listening.sockets[0].getsockname()[1]
        await self._stack.enter_async_context(listening)

    async def _end(self) -> None:
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await self._stack.aclose()


def _fetched(client: imaplib.IMAP4, uid: bytes) -> EmailMessage:
    _, said = client.uid("FETCH", uid.decode(), "(BODY.PEEK[])")
    whole = said[0]
    assert isinstance(whole, tuple)
    message = message_from_bytes(whole[1], policy=default)
    assert isinstance(message, EmailMessage)
    return message
