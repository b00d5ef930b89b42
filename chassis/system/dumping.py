"""pg_dump as a stream of bytes: its password stays off its command line, and it ends with whoever reads it."""

import os
import select
import subprocess
import tempfile
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from psycopg.conninfo import make_conninfo

from chassis.database import Database
from chassis.errors import BackroomError

PIECE = 1 << 20  #: bytes read at once
LOOK = 1.0  #: seconds between two looks at whether the work is to stop, while nothing comes
LOCK_WAIT = "60s"  #: longest that the dump waits for a table; an ALTER TABLE that lasts is told, not waited for
SECRETS = ("password", "sslpassword")


class DumpFailed(BackroomError):
    """pg_dump did not come to its end. The text is what it said last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dump:
    """A dump to be made: how the program is started."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)  #: holds the password

    @classmethod
    def of(cls, program: Path, database: Database) -> "Dump":
        """Everything of the database, in pg_dump's custom format, on standard output."""
        url = sa.make_url(database.url)
        _, arguments = database.engine.dialect.create_connect_args(url)
        said = {
            name: value for name, value in arguments.items() if isinstance(value, str | int)
        }  # to libpq, not psycopg
        plain = {name: value for name, value in said.items() if name not in SECRETS}
        return cls(
            command=[
                str(program),
                "--format=custom",
                "--no-password",
                f"--lock-wait-timeout={LOCK_WAIT}",
                f"--dbname={make_conninfo('', **plain)}",
            ],
            environment={
                **{name: value for name, value in os.environ.items() if not name.startswith("BACKROOM_")},
                "PGPASSWORD": str(arguments.get("password") or ""),
                "PGAPPNAME": database.application_name,  # whoever takes over ends this session too
            },
        )

    def chunks(self, check: Callable[[], None]) -> Generator[bytes, None, None]:
        """The file, piece by piece. Raises `DumpFailed`, and whatever `check` raises to stop it."""
        with tempfile.TemporaryFile() as said, self._started(said.fileno()) as program:
            try:
                assert program.stdout is not None  # noqa: S101 - it is a pipe; tells mypy so
                output, poll = program.stdout.fileno(), select.poll()
                poll.register(output, select.POLLIN)
                while True:
                    check()
                    if not poll.poll(LOOK * 1000):
                        continue
                    piece = os.read(output, PIECE)
                    if not piece:
                        break
                    yield piece
                program.wait()
            finally:
                program.kill()  # nothing where it has ended
            if program.returncode != 0:
                check()
                said.seek(0)
                raise DumpFailed(self._last_line(said.read().decode(errors="replace"), program.returncode))

    def _started(self, said: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            env=dict(self.environment),
            bufsize=0,
            start_new_session=True,  # Ctrl-C is for us; we end it
        )

    def _last_line(self, text: str, status: int) -> str:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        last = lines[-1] if lines else f"it ended with status {status} and no word"
        password = self.environment["PGPASSWORD"]
        return last.replace(password, "********") if password else last
