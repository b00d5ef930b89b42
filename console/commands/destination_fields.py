"""The options of `destinations create` and `update`: each described once, and where it goes in each kind."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal

import typer

from backroom.delivery.v1 import delivery_pb2 as api
from chassis.errors import FieldProblem, InvalidInput

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

SWITCHES = ("write_directly", "existing", "folder_must_exist", "bandwidth_limit", "concurrency")
LOGIN = {"host": "host", "port": "port", "user": "user_name", "folder": "folder", "password_file": "password"}
TLS = {"security": "security", "certificate_file": "certificate", "unverified": "certificate_unverified"}
EVERY_KIND = {"title": "display_name"}


def _paths(kind: str, own: Mapping[str, str], switches: Iterable[str] = SWITCHES) -> Mapping[str, str]:
    return {
        **EVERY_KIND,
        **{option: f"{kind}.{path}" for option, path in own.items()},
        **{option: f"transfer_options.{option}" for option in switches},
    }


#: The options of each kind, and the paths of their fields in a destination.
KINDS: Mapping[str, Mapping[str, str]] = {
    "server_path": _paths("server_path", {"folder": "folder"}),
    "sftp": _paths(
        "sftp", {**LOGIN, "host_key": "host_key", "private_key_file": "private_key", "passphrase_file": "passphrase"}
    ),
    "ftp": _paths("ftp", {**LOGIN, **TLS, "active": "active"}),
    "imap": _paths("imap", {**LOGIN, **TLS}, ["bandwidth_limit"]),
    "email": _paths(
        "email",
        {
            "to": "recipients",
            "subject": "subject",
            "server": "server.address",
            "user": "server.user_name",
            "password_file": "server.password",
            "security": "server.security",
            "sender": "server.sender",
        },
        [],
    ),
}

Text = str | None
File = Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Every option of a destination; None where nothing was said of it."""

    title: Annotated[Text, typer.Option(help="What people call it; a new one's id by default.")] = None
    host: Annotated[Text, typer.Option(help="Host name or address; then give the secrets again.")] = None
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="0: the usual one.")] = None
    user: Annotated[Text, typer.Option(help="User name or account; then give the secrets again.")] = None
    folder: Annotated[Text, typer.Option(help="Folder there; where the login begins if empty.")] = None
    host_key: Annotated[Text, typer.Option(help="`SHA256:…` or `ssh-ed25519 AAAA…`: the only key that is trusted.")] = (
        None
    )
    password_file: Annotated[File, typer.Option(exists=True, dir_okay=False, help="File with the password.")] = None
    private_key_file: Annotated[File, typer.Option(exists=True, dir_okay=False, help="File with the private key.")] = (
        None
    )
    passphrase_file: Annotated[File, typer.Option(exists=True, dir_okay=False, help="File with its passphrase.")] = None
    security: Annotated[
        Security | None,
        typer.Option(help="explicit (AUTH TLS, STARTTLS), implicit (TLS from the first byte), or none."),
    ] = None
    certificate_file: Annotated[
        File, typer.Option(exists=True, dir_okay=False, help="PEM file of a certificate to trust beside the system's.")
    ] = None
    unverified: Annotated[
        bool | None,
        typer.Option("--unverified/--verified", help="Whether any certificate is believed; told loudly."),
    ] = None
    active: Annotated[
        bool | None, typer.Option("--active/--passive", help="Whether the FTP server connects back to us.")
    ] = None
    to: Annotated[list[str] | None, typer.Option(help="Address; several times for several.")] = None
    subject: Annotated[Text, typer.Option(help="Subject of each mail.")] = None
    server: Annotated[Text, typer.Option(help="A mail server of its own, host or host:port; else mail's.")] = None
    sender: Annotated[Text, typer.Option(help="Sender's address; else mail's.")] = None
    write_directly: Annotated[
        bool | None,
        typer.Option("--write-directly/--rename", help="Under the final name at once, for servers that cannot rename."),
    ] = None
    existing: Annotated[Existing | None, typer.Option(help="What happens to a file of the same name.")] = None
    folder_must_exist: Annotated[
        bool | None, typer.Option("--folder-must-exist/--make-folder", help="Whether a missing folder is an error.")
    ] = None
    bandwidth_limit: Annotated[
        int | None, typer.Option(min=0, help="Bytes per second, at least 1024; 0: unlimited.")
    ] = None
    concurrency: Annotated[int | None, typer.Option(min=0, max=256, help="Files under way at once; 0: as suits.")] = (
        None
    )

    def put(self, destination: api.Destination, kind: str) -> list[str]:
        """Puts what was said into a destination of that kind; answers the fields touched, as an update mask names them.

        Raises `InvalidInput` for options that the kind has not.
        """
        paths = KINDS.get(kind, EVERY_KIND)  # a newer release may know other kinds
        said = {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}
        if strange := [f"--{name.replace('_', '-')}" for name in said if name not in paths]:
            raise InvalidInput(*(FieldProblem(option, f"{destination.name} ({kind}) has none") for option in strange))
        for name, value in said.items():
            _set(destination, paths[name], READ[name](value) if name in READ else value)
        return [paths[name] for name in said]


def _secret(file: Path) -> str:
    """A secret of one line."""
    return _whole(file).rstrip("\r\n")


def _whole(file: Path) -> str:
    """A key or a certificate, as it stands in its file."""
    return file.read_text(encoding="utf-8")


#: What an option stands for, where that is not what was typed.
READ: Mapping[str, Callable[..., object]] = {
    "password_file": _secret,
    "passphrase_file": _secret,
    "private_key_file": _whole,
    "certificate_file": _whole,
    "security": SECURITIES.__getitem__,
    "existing": EXISTING.__getitem__,
}


def _set(message: object, path: str, value: object) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        message = getattr(message, parent)
    if isinstance(value, list):
        getattr(message, name).extend(value)
    else:
        setattr(message, name, value)
