"""What every command is told: where the services are, and with whose token they are asked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from chassis.errors import BackroomError
from console.connection import Connection, find_addresses
from console.output import clear_errors
from console.stack.home import PERSON


class NoToken(BackroomError):
    """There is no token to ask with."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"there is no token at {path}; start a stack here with `backroom up`,"
            " or name the file of your token with --token-file or BACKROOM_TOKEN"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options before the command."""

    var: Path  #: folder of the embedded stack
    addresses: tuple[str, ...] = ()  #: as given: service=host:port
    token_file: Path | None = None
    ca: Path | None = None  #: authority of the services' certificates; None: no TLS

    def connect(self) -> Connection:
        """Stubs of every service."""
        token = self.token_file or self.var / "tokens" / PERSON
        if not token.exists():
            raise NoToken(token)
        return Connection(find_addresses(list(self.addresses), self.var), token, self.ca)


@contextmanager
def connected(context: typer.Context) -> Iterator[Connection]:
    """A command's connection; what goes wrong ends the command with a clear sentence."""
    with clear_errors(), options_of(context).connect() as connection:
        yield connection


def options_of(context: typer.Context) -> Options:
    """What was said before the command."""
    options = context.find_object(Options)
    if options is None:
        raise LookupError("the command was called without the app")
    return options
