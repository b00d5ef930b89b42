"""A destination as a person types it: checked field by field, and only then a destination."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from chassis.errors import FieldProblem, InvalidInput
from services.delivery.domain.destinations import (
    DEFAULT_SFTP_PORT,
    Destination,
    Login,
    Method,
    Sandbox,
    ServerPath,
    Sftp,
    wants_key,
)
from services.delivery.domain.host_keys import HostKeyPin, host_key_problem

LONGEST_FOLDER = 1024
LONGEST_SECRET = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The fields of a destination, unchecked. Of a method's fields only its own are looked at."""

    display_name: str = ""
    protocol: str = ""  #: `server-path`, `sftp`, or empty where none was chosen
    folder: str = ""
    host: str = ""
    port: int = 0
    user_name: str = ""
    host_key: str = ""
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)
    unreadable: bool = False


def draft_of(destination: Destination) -> Draft:
    """What a person would have typed to get this destination."""
    match destination.method:
        case ServerPath(folder=folder):
            return Draft(display_name=destination.display_name, protocol="server-path", folder=folder)
        case Sftp() as sftp:
            return Draft(
                display_name=destination.display_name,
                protocol="sftp",
                folder=sftp.folder,
                host=sftp.host,
                port=sftp.port,
                user_name=sftp.user_name,
                host_key=sftp.host_key.text,
                password=sftp.login.password or "",
                private_key=sftp.login.private_key or "",
                passphrase=sftp.login.passphrase or "",
                unreadable=sftp.login.unreadable,
            )
        case Sandbox():
            raise TypeError("nobody edits a sandbox; it stands for its destination while that one is practised with")


def checked(draft: Draft, roots: Sequence[PurePosixPath]) -> Method:
    """The method the draft describes. Raises `InvalidInput` that names every field to mend."""
    problems: list[FieldProblem] = []
    if not 1 <= len(draft.display_name) <= 100 or has_controls(draft.display_name):
        problems.append(problem("display_name", "give 1 to 100 printable characters"))
    method: Method | None = None
    match draft.protocol:
        case "server-path":
            problems += path_problems(draft, roots)
            method = ServerPath(folder=str(PurePosixPath(draft.folder)))
        case "sftp":
            problems += sftp_problems(draft)
            method = sftp_of(draft)
        case _:
            problems.append(problem("method", "give `server_path` or `sftp`"))
    if problems or method is None:
        raise InvalidInput(*problems)
    return method


def sftp_of(draft: Draft) -> Sftp:
    """An SFTP server of checked fields."""
    return Sftp(
        host=draft.host.strip("[]"),
        port=draft.port or DEFAULT_SFTP_PORT,
        user_name=draft.user_name,
        host_key=HostKeyPin(draft.host_key.strip()),
        folder=draft.folder,
        login=Login(
            password=draft.password or None,
            private_key=draft.private_key or None,
            passphrase=draft.passphrase or None,
        ),
    )


def path_problems(draft: Draft, roots: Sequence[PurePosixPath]) -> list[FieldProblem]:
    """What is wrong with a server path."""
    where = "server_path.folder"
    if has_controls(draft.folder) or not 1 <= len(draft.folder) <= LONGEST_FOLDER:
        return [problem(where, f"give a path of 1 to {LONGEST_FOLDER} characters without control characters")]
    folder = PurePosixPath(draft.folder)
    if not folder.is_absolute() or ".." in folder.parts:
        return [problem(where, "give an absolute path without `..`")]
    if root_of(folder, roots) is None:
        allowed = ", ".join(str(root) for root in roots)
        return [problem(where, f"it must lie below one of the allowed roots: {allowed}")]
    return []


def root_of(folder: PurePosixPath, roots: Sequence[PurePosixPath]) -> PurePosixPath | None:
    """The root that a folder lies in, by its name alone."""
    if ".." in folder.parts:
        return None
    return next((root for root in roots if folder.is_relative_to(root)), None)


def sftp_problems(draft: Draft) -> list[FieldProblem]:
    """What is wrong with an SFTP server."""
    problems: list[FieldProblem] = []
    if not 1 <= len(draft.host) <= 253 or has_controls(draft.host) or any(sign in draft.host for sign in " /@"):
        problems.append(problem("sftp.host", "give a host name or an address, without user, port or path"))
    if not 0 <= draft.port <= 65535:
        problems.append(problem("sftp.port", "give 1 to 65535, or 0 for 22"))
    if not 1 <= len(draft.user_name) <= 255 or has_controls(draft.user_name):
        problems.append(problem("sftp.user_name", "give the user name, 1 to 255 printable characters"))
    pin = host_key_problem(draft.host_key.strip())
    if pin is not None:
        problems.append(problem("sftp.host_key", pin))
    if len(draft.folder) > LONGEST_FOLDER or has_controls(draft.folder):
        problems.append(problem("sftp.folder", f"at most {LONGEST_FOLDER} characters, no control characters"))
    secrets = {"password": draft.password, "private_key": draft.private_key, "passphrase": draft.passphrase}
    problems += [
        problem(f"sftp.{name}", f"at most {LONGEST_SECRET} characters, no NUL")
        for name, secret in secrets.items()
        if len(secret) > LONGEST_SECRET or "\0" in secret
    ]
    if draft.unreadable:
        problems.append(problem("sftp", "its stored secrets cannot be read any more; replace `sftp` as a whole"))
    elif wants_key(draft.password) and not draft.private_key:
        problems.append(problem("sftp.private_key", "the password says privkey://, so give the private key here"))
    elif not draft.password and not draft.private_key:
        problems.append(problem("sftp.password", "give a password, or a private key in `private_key`"))
    return problems


def problem(field_name: str, description: str) -> FieldProblem:
    """A problem with a field of the request's destination."""
    return FieldProblem(f"destination.{field_name}", description)


def has_controls(text: str) -> bool:
    """Whether a text holds line ends, NUL or the like."""
    return any(ord(sign) < 32 or ord(sign) == 127 for sign in text)
