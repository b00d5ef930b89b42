"""The way into an SSH server: it proves who it is before we say who we are."""

import base64
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import paramiko

from services.delivery.domain.destinations import Sftp
from services.delivery.domain.failures import (
    ConnectionLost,
    HostKeyChanged,
    HostKeyUnknown,
    KeyMissing,
    NotAnSftpServer,
    NotLoggedIn,
    Phase,
    TimedOut,
)
from services.delivery.domain.host_keys import HostKeyPin, fingerprint
from services.delivery.domain.logins import KeyLogin, PasswordLogin, wants_key, ways_to_log_in
from services.delivery.gateways.network import Gate, Patience
from services.delivery.gateways.sftp.keys import load_key
from services.delivery.gateways.sftp.login import log_in
from services.delivery.gateways.sftp.transport import Transport

CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
DIGESTS = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
)
#: Kinds of host keys, strongest first. A pinned fingerprint does not say its kind: then they are tried in turn.
HOST_KEYS = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "rsa-sha2-256"),
)


def connect(sftp: Sftp, gate: Gate, patience: Patience) -> Transport:
    """A transport to a server that has shown the pinned key and has let us in."""
    if sftp.host_key is None:  # before the login is looked at: the key is what a person is asked about first
        raise _unknown(sftp, gate, patience)
    ways = ways_to_log_in(sftp.login)
    if not ways and wants_key(sftp.login.password):
        raise KeyMissing
    if not ways:
        raise NotLoggedIn(sftp.user_name, sftp.host, "no password stored")
    keys = [_usable(way) for way in ways]
    transport = _recognised(sftp, sftp.host_key, gate, patience)
    try:
        with phase(sftp, "login"):
            log_in(sftp, transport, keys)
    except BaseException:
        transport.close()
        raise
    return transport


def hang_up(transport: Transport) -> None:
    """Ends a connection. Its thread looks for the end only ten times a second, unless the socket says so."""
    with suppress(OSError):  # the server was quicker
        transport.sock.shutdown(socket.SHUT_RDWR)
    transport.close()


def _usable(way: KeyLogin | PasswordLogin) -> paramiko.PKey | PasswordLogin:
    return load_key(way) if isinstance(way, KeyLogin) else way


def _unknown(sftp: Sftp, gate: Gate, patience: Patience) -> HostKeyUnknown | NotAnSftpServer:
    """The strongest key that the server has; nothing is said about us."""
    for key in _shown(sftp, gate, patience, HOST_KEYS):
        key.transport.close()
        return HostKeyUnknown(sftp.host, fingerprint(key.blob), key.line)
    return NotAnSftpServer(sftp.host, sftp.port, NO_KEY)


def _recognised(sftp: Sftp, pin: HostKeyPin, gate: Gate, patience: Patience) -> Transport:
    """A transport to the server whose key is pinned, before anything is said about us."""
    pinned = pin.key_type
    kinds = [family for family in HOST_KEYS if pinned is None or _of_type(pinned, family)]
    shown: _Shown | None = None
    for key in _shown(sftp, gate, patience, kinds):
        if pin.matches(key.blob):
            return key.transport
        key.transport.close()
        shown = shown or key
    if shown is None:  # it has no key of the pinned kind; which one has it?
        for key in _shown(sftp, gate, patience, [family for family in HOST_KEYS if family not in kinds]):
            key.transport.close()
            shown = key
            break
    if shown is None:
        raise NotAnSftpServer(sftp.host, sftp.port, NO_KEY)
    raise HostKeyChanged(sftp.host, fingerprint(shown.blob), shown.line)


NO_KEY = "its host key is of a kind that is not safe any more (ssh-rsa with SHA-1, DSA)"


class _Shown:
    """A server that has shown a key."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.blob = transport.get_remote_server_key().asbytes()

    @property
    def line(self) -> str:
        """In the form of a known_hosts entry, without the host."""
        kind = self.blob[4 : 4 + int.from_bytes(self.blob[:4], "big")].decode("ascii", errors="replace")
        return f"{kind} {base64.b64encode(self.blob).decode()}"


def _shown(sftp: Sftp, gate: Gate, patience: Patience, kinds: Sequence[Sequence[str]]) -> Iterator[_Shown]:
    """Connects for each kind of key that the server has; who takes one closes its transport."""
    for family in kinds:
        transport = _transport(gate.connect(sftp.host, sftp.port), patience, family)
        try:
            with phase(sftp, "greeting"):
                transport.start_client(timeout=patience.greeting)
                shown = _Shown(transport)
        except _NoCommonKey:
            transport.close()
            continue
        except BaseException:
            transport.close()
            raise
        yield shown


def _of_type(key_type: str, family: Sequence[str]) -> bool:
    return key_type in family or (key_type == "ssh-rsa" and "rsa-sha2-512" in family)


def _transport(connection: socket.socket, patience: Patience, host_keys: Sequence[str]) -> Transport:
    # paramiko goes on writing for as long as its socket lets it wait, whatever a channel's time: a server that reads no
    # more, and a cable that was pulled, are the kernel's to notice.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(patience.answer * 1000))
    transport = Transport(connection)
    transport.daemon = True
    # Later than the end of what `start_client` waits: the banner's own end would read like a server of another kind.
    transport.banner_timeout = patience.greeting + 2
    transport.handshake_timeout = patience.greeting + 2
    transport.auth_timeout = patience.login
    transport.channel_timeout = patience.answer
    options = transport.get_security_options()
    options.ciphers, options.digests, options.key_types = CIPHERS, DIGESTS, tuple(host_keys)
    return transport


class _NoCommonKey(Exception):
    """The server has no key of the kind that was asked for."""


@contextmanager
def phase(sftp: Sftp, step: Phase) -> Iterator[None]:
    """Turns what paramiko raises on the way in into failures of ours; a refused login passes."""
    try:
        yield
    except paramiko.AuthenticationException:
        raise
    except paramiko.SSHException as error:
        text = words_of(error)
        if "no acceptable host key" in text.lower():
            raise _NoCommonKey from error
        # "No existing session" is what remains where the greeting's time ran out.
        if "timeout" in text.lower() or "no existing session" in text.lower():
            raise TimedOut(sftp.host, sftp.port, step) from error
        # paramiko quotes what it was greeted with; what listens on a port is not for whoever may name one.
        raise NotAnSftpServer(sftp.host, sftp.port, text.partition('"')[0].strip()) from error
    except TimeoutError as error:
        raise TimedOut(sftp.host, sftp.port, step) from error
    except (OSError, EOFError) as error:
        raise ConnectionLost(sftp.host, sftp.port, words_of(error)) from error


def words_of(error: BaseException) -> str:
    """An error's own words in one short line, never a stack."""
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__
