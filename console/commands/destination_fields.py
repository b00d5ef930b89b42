"""What the commands of destinations are told: options of every kind, secrets from files only."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import typer

from backroom.delivery.v1 import delivery_pb2 as api

Security = Literal["none", "explicit", "implicit"]
Existing = Literal["replace", "refuse", "keep-both"]
SECURITIES: Mapping[str, api.ConnectionSecurity] = {
    "none": api.CONNECTION_SECURITY_NONE,
    "explicit": api.CONNECTION_SECURITY_EXPLICIT,
    "implicit": api.CONNECTION_SECURITY_IMPLICIT,
}
EXISTING: Mapping[str, api.TransferOptions.Existing] = {
    "replace": api.TransferOptions.EXISTING_REPLACE,
    "refuse": api.TransferOptions.EXISTING_REFUSE,
    "keep-both": api.TransferOptions.EXISTING_KEEP_BOTH,
}

Id = Annotated[str, typer.Argument(help="1 to 63 of a-z, 0-9 and -, a letter first.")]
Title = Annotated[str | None, typer.Option(help="What people call it; its id by default.")]
Host = Annotated[str, typer.Argument(help="Host name or address.")]
User = Annotated[str, typer.Option(help="User name.")]
Port = Annotated[int | None, typer.Option(min=0, max=65535, help="0: the usual one.")]
Folder = Annotated[str | None, typer.Option(help="Folder there; the login's by default, INBOX for IMAP.")]
PasswordFile = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="File with the password.")]
PrivateKeyFile = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="File with the private key.")]
PassphraseFile = Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="File with its passphrase.")]
HostKey = Annotated[
    str | None, typer.Option(help="`SHA256:…` or `ssh-ed25519 AAAA…`: the only key that is trusted; else it is asked.")
]
Protection = Annotated[
    Security | None,
    typer.Option("--security", help="explicit (AUTH TLS, STARTTLS), implicit (TLS from the first byte), or none."),
]
CertificateFile = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="PEM file of a certificate to trust beside the system's."),
]
Unverified = Annotated[
    bool | None,
    typer.Option("--unverified/--verified", help="Whether any certificate is believed; told loudly."),
]
Active = Annotated[bool | None, typer.Option("--active/--passive", help="Whether the FTP server connects back to us.")]
Recipients = Annotated[list[str] | None, typer.Option("--to", help="Address; several times for several.")]
Subject = Annotated[str | None, typer.Option(help="Subject of each mail.")]
MailServerAddress = Annotated[
    str | None, typer.Option("--server", help="A mail server of its own, host or host:port; else mail's.")
]
Account = Annotated[str | None, typer.Option("--user", help="Account there; none: no login.")]
Sender = Annotated[str | None, typer.Option(help="Sender's address; else mail's.")]
WriteDirectly = Annotated[
    bool | None,
    typer.Option("--write-directly/--rename", help="Under the final name at once, for servers that cannot rename."),
]
WhatExists = Annotated[Existing | None, typer.Option("--existing", help="What happens to a file of the same name.")]
FolderMustExist = Annotated[
    bool | None, typer.Option("--folder-must-exist/--make-folder", help="Whether a missing folder is an error.")
]
BandwidthLimit = Annotated[int | None, typer.Option(min=0, help="Bytes per second, at least 1024; 0: unlimited.")]
Concurrency = Annotated[int | None, typer.Option(min=0, max=256, help="Files under way at once; 0: as suits.")]
TryFirst = Annotated[bool, typer.Option("--verify", help="Try it all the way first; create it only if that works.")]


def switches(
    *,
    write_directly: bool | None = None,
    existing: Existing | None = None,
    folder_must_exist: bool | None = None,
    bandwidth_limit: int | None = None,
    concurrency: int | None = None,
) -> dict[str, object]:
    """Fields of `transfer_options` that were given."""
    given = {
        "write_directly": write_directly,
        "existing": None if existing is None else EXISTING[existing],
        "folder_must_exist": folder_must_exist,
        "bandwidth_limit": bandwidth_limit,
        "concurrency": concurrency,
    }
    return {f"transfer_options.{name}": value for name, value in given.items() if value is not None}


def secret(file: Path | None) -> str | None:
    """A secret of one line."""
    return None if file is None else file.read_text(encoding="utf-8").rstrip("\r\n")


def text_of(file: Path | None) -> str | None:
    """A key or a certificate, as it stands in its file."""
    return None if file is None else file.read_text(encoding="utf-8")


def protection(security: Security | None) -> api.ConnectionSecurity | None:
    """As the contract says it."""
    return None if security is None else SECURITIES[security]


def put(destination: api.Destination, fields: Mapping[str, object]) -> list[str]:
    """Writes fields, by their paths, where they are given; answers the paths."""
    given = {path: value for path, value in fields.items() if value is not None}
    for path, value in given.items():
        message: object = destination
        *parents, name = path.split(".")
        for parent in parents:
            message = getattr(message, parent)
        if isinstance(value, list):
            getattr(message, name).extend(value)
        else:
            setattr(message, name, value)
    return list(given)
