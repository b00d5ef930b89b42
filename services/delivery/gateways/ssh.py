"""The way into an SSH server: it proves who it is before we say who we are."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import paramiko

from services.delivery.domain.destinations import KeyLogin, PasswordLogin, Sftp, wants_key, ways_to_log_in
from services.delivery.domain.failures import (
    ConnectionLost,
    HostKeyChanged,
    KeyMissing,
    KeyRefused,
    NotAnSftpServer,
    NotLoggedIn,
    TimedOut,
)
from services.delivery.domain.host_keys import fingerprint
from services.delivery.gateways.keys import load_key
from services.delivery.gateways.network import Gate

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long each phase may take, in seconds."""

    greeting: float  #: banner and key exchange
    login: float
    answer: float  #: each answer of an open session


def connect(sftp: Sftp, gate: Gate, patience: Patience) -> paramiko.Transport:
    """A transport to a server that has shown the pinned key and has let us in."""
    ways = ways_to_log_in(sftp.login)
    if not ways and wants_key(sftp.login.password):
        raise KeyMissing
    if not ways:
        raise NotLoggedIn(sftp.user_name, sftp.host, "no password stored")
    keys = [load_key(way) if isinstance(way, KeyLogin) else way for way in ways]
    transport = _recognised(sftp, gate, patience)
    try:
        _log_in(sftp, transport, keys)
    except BaseException:
        transport.close()
        raise
    return transport


def _recognised(sftp: Sftp, gate: Gate, patience: Patience) -> paramiko.Transport:
    """A transport to the server whose key is pinned, before anything is said about us."""
    pinned = sftp.host_key.key_type
    kinds = [family for family in HOST_KEYS if pinned is None or _of_type(pinned, family)]
    shown = ""
    for family in kinds:
        transport = _transport(gate.connect(sftp.host, sftp.port), patience, family)
        try:
            with phase(sftp, "greeting"):
                transport.start_client(timeout=patience.greeting)
                blob = transport.get_remote_server_key().asbytes()
        except _NoCommonKey:
            transport.close()
            continue
        except BaseException:
            transport.close()
            raise
        if sftp.host_key.matches(blob):
            return transport
        transport.close()
        shown = shown or fingerprint(blob)
    if not shown:
        raise HostKeyChanged(sftp.host, "another kind of key")
    raise HostKeyChanged(sftp.host, shown)


def _of_type(key_type: str, family: Sequence[str]) -> bool:
    return key_type in family or (key_type == "ssh-rsa" and "rsa-sha2-512" in family)


def _transport(connection: socket.socket, patience: Patience, host_keys: Sequence[str]) -> paramiko.Transport:
    transport = paramiko.Transport(connection)
    transport.daemon = True
    transport.banner_timeout = patience.greeting
    transport.handshake_timeout = patience.greeting
    transport.auth_timeout = patience.login
    transport.channel_timeout = patience.answer
    options = transport.get_security_options()
    options.ciphers, options.digests, options.key_types = CIPHERS, DIGESTS, tuple(host_keys)
    return transport


def _log_in(sftp: Sftp, transport: paramiko.Transport, ways: Sequence[paramiko.PKey | PasswordLogin]) -> None:
    """Tries each way; a server may ask for key and password both."""
    refused: NotLoggedIn | KeyRefused | None = None
    for way in ways:
        try:
            with phase(sftp, "login"):
                if isinstance(way, PasswordLogin):
                    transport.auth_password(sftp.user_name, way.password)
                else:
                    transport.auth_publickey(sftp.user_name, way)
        except paramiko.AuthenticationException as error:
            if "timeout" in str(error).lower():
                raise TimedOut(sftp.host, sftp.port, "login") from error
            if isinstance(way, PasswordLogin):
                refused = NotLoggedIn(sftp.user_name, sftp.host, words_of(error))
            else:
                refused = KeyRefused(sftp.user_name, sftp.host)
        if transport.is_authenticated():
            return
    raise refused or NotLoggedIn(sftp.user_name, sftp.host, "the server asks for more than what is stored")


class _NoCommonKey(Exception):
    """The server has no key of the kind that was asked for."""


@contextmanager
def phase(sftp: Sftp, step: str) -> Iterator[None]:
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
    except paramiko.SFTPError as error:
        raise NotAnSftpServer(sftp.host, sftp.port, words_of(error)) from error
    except TimeoutError as error:
        raise TimedOut(sftp.host, sftp.port, step) from error
    except (OSError, EOFError) as error:
        raise ConnectionLost(sftp.host, sftp.port, words_of(error)) from error


def words_of(error: BaseException) -> str:
    """An error's own words in one short line, never a stack."""
    text = " ".join(str(error).split())
    return text[:200] or type(error).__name__
