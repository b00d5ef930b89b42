"""How a destination's method and switches lie in its row: as JSON, and its secrets as one encrypted text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from chassis.secrets import KeyRing, SecretUnreadable
from services.delivery.domain.destinations import (
    PROTOCOLS,
    Email,
    Ftp,
    Imap,
    MailServer,
    Method,
    Security,
    ServerPath,
    Sftp,
    Trust,
    Unread,
)
from services.delivery.domain.drafts.draft import secrets_of
from services.delivery.domain.host_keys import HostKeyPin
from services.delivery.domain.logins import Login
from services.delivery.domain.transfer_options import Existing, TransferOptions

JSON = None | bool | int | str | list["JSON"] | dict[str, "JSON"]
T = TypeVar("T")

SECRETS = ("password", "private_key", "passphrase")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Columns of a destination's row."""

    protocol: str
    method: dict[str, JSON]  #: with the names of the secrets, which tell what is stored also where it cannot be read
    secrets: str | None
    transfer: dict[str, JSON]


class _Fields:
    """The fields of a stored object. What is missing, of another type or left over has another release stored."""

    def __init__(self, stored: object) -> None:
        if not isinstance(stored, Mapping):
            raise _NotOurs
        self._left = dict(stored)

    def take(self, name: str, kind: type[T]) -> T:
        value = self._left.pop(name, None)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise _NotOurs
        return value

    def optional(self, name: str) -> "_Fields | None":
        value = self._left.pop(name, None)
        return None if value is None else _Fields(value)

    def security(self) -> Security:
        return Security(self.take("security", str))

    def trust(self) -> Trust:
        return Trust(certificate=self.take("certificate", str), unverified=self.take("unverified", bool))

    def end(self) -> None:
        if self._left:
            raise _NotOurs


class _NotOurs(ValueError):
    """Not as this release stores it."""


def store(method: Method, transfer: TransferOptions, keyring: KeyRing) -> Stored:
    """The columns."""
    _, login = secrets_of(method)
    secrets = {name: secret for name in SECRETS if (secret := getattr(login, name))}
    return Stored(
        protocol=PROTOCOLS[type(method)],
        method={**_json(method), "secrets": list(secrets)},
        secrets=keyring.encrypt(json.dumps(secrets)) if secrets else None,
        transfer={
            "write_directly": transfer.write_directly,
            "existing": transfer.existing.value,
            "folder_must_exist": transfer.folder_must_exist,
            "bandwidth_limit": transfer.bandwidth_limit,
            "concurrency": transfer.concurrency,
        },
    )


def read(
    protocol: str, method: object, secrets: str | None, transfer: object, keyring: KeyRing
) -> tuple[Method, TransferOptions]:
    """Method and switches. What a newer release has stored, and this one does not understand, is `Unread`."""
    try:
        fields = _Fields(method)
        login = _login(fields.take("secrets", list), secrets, keyring)
        found = _method(protocol, fields, login)
        fields.end()
        return found, _transfer(_Fields(transfer))
    except ValueError:  # of an enumeration too
        return Unread(protocol=protocol), TransferOptions()


def _json(method: Method) -> dict[str, JSON]:
    match method:
        case ServerPath(folder=folder):
            return {"folder": folder}
        case Sftp() as sftp:
            if sftp.host_key is None:
                raise TypeError("a destination is stored once its server's key has been approved")
            return {**_server(sftp), "host_key": sftp.host_key.text}
        case Ftp() as ftp:
            return {**_server(ftp), **_protection(ftp), "active": ftp.active}
        case Imap() as imap:
            return {**_server(imap), **_protection(imap)}
        case Email() as email:
            return {
                "recipients": list(email.recipients),
                "subject": email.subject,
                "server": None if email.server is None else _mail_server(email.server),
            }
        case _:
            raise TypeError("nobody stores a sandbox, or what could not be read")


def _server(method: Sftp | Ftp | Imap) -> dict[str, JSON]:
    return {"host": method.host, "port": method.port, "user_name": method.user_name, "folder": method.folder}


def _protection(method: Ftp | Imap) -> dict[str, JSON]:
    return {
        "security": method.security.value,
        "certificate": method.trust.certificate,
        "unverified": method.trust.unverified,
    }


def _mail_server(server: MailServer) -> dict[str, JSON]:
    return {
        "host": server.host,
        "port": server.port,
        "security": server.security.value,
        "user_name": server.user_name,
        "sender": server.sender,
    }


def _method(protocol: str, fields: _Fields, login: Login) -> Method:
    match protocol:
        case "server-path":
            return ServerPath(folder=fields.take("folder", str))
        case "sftp":
            return Sftp(
                host=fields.take("host", str),
                port=fields.take("port", int),
                user_name=fields.take("user_name", str),
                host_key=HostKeyPin(fields.take("host_key", str)),
                folder=fields.take("folder", str),
                login=login,
            )
        case "ftp":
            return Ftp(
                host=fields.take("host", str),
                port=fields.take("port", int),
                user_name=fields.take("user_name", str),
                security=fields.security(),
                trust=fields.trust(),
                active=fields.take("active", bool),
                folder=fields.take("folder", str),
                login=login,
            )
        case "imap":
            return Imap(
                host=fields.take("host", str),
                port=fields.take("port", int),
                user_name=fields.take("user_name", str),
                security=fields.security(),
                trust=fields.trust(),
                folder=fields.take("folder", str),
                login=login,
            )
        case "email":
            recipients = fields.take("recipients", list)
            return Email(
                recipients=tuple(str(each) for each in recipients),
                subject=fields.take("subject", str),
                server=_read_mail_server(fields.optional("server"), login),
            )
        case _:
            raise _NotOurs


def _read_mail_server(fields: _Fields | None, login: Login) -> MailServer | None:
    if fields is None:
        return None
    server = MailServer(
        host=fields.take("host", str),
        port=fields.take("port", int),
        security=fields.security(),
        user_name=fields.take("user_name", str),
        login=login,
        sender=fields.take("sender", str),
    )
    fields.end()
    return server


def _transfer(fields: _Fields) -> TransferOptions:
    transfer = TransferOptions(
        write_directly=fields.take("write_directly", bool),
        existing=Existing(fields.take("existing", str)),
        folder_must_exist=fields.take("folder_must_exist", bool),
        bandwidth_limit=fields.take("bandwidth_limit", int),
        concurrency=fields.take("concurrency", int),
    )
    fields.end()
    return transfer


def _login(names: list[object], secrets: str | None, keyring: KeyRing) -> Login:
    if secrets is None:
        if names:
            raise _NotOurs
        return Login()
    try:
        opened = _Fields(json.loads(keyring.decrypt(secrets)))
    except SecretUnreadable:  # the destination can still be listed and mended; sending there explains
        return _of({name: "" for name in SECRETS if name in names}, unreadable=True)
    found = {name: opened.take(name, str) for name in SECRETS if name in names}
    opened.end()
    return _of(found, unreadable=False)


def _of(secrets: Mapping[str, str], *, unreadable: bool) -> Login:
    return Login(
        password=secrets.get("password"),
        private_key=secrets.get("private_key"),
        passphrase=secrets.get("passphrase"),
        unreadable=unreadable,
    )
