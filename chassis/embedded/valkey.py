"""A real Valkey of our own, which speaks Redis: the bell of the work engine, with nothing worth keeping in
it.
"""

import signal
import socket
from pathlib import Path
from typing import ClassVar

from chassis.embedded.account import Account
from chassis.embedded.child import Child
from chassis.embedded.home import Home
from chassis.embedded.programs import Programs, valkey_programs
from chassis.embedded.server import HOST, EmbeddedServer


class EmbeddedValkey(EmbeddedServer):
    """Valkey on loopback, with a password, keeping nothing on disk."""

    program: ClassVar[str] = "valkey-server"
    pid_file: ClassVar[str] = "valkey.pid"
    endings = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        super().__init__(folder, port=port)
        self._password = ""

    @property
    def url(self) -> str:
        """The address, for a Redis client; it holds the password."""
        return f"redis://:{self._password}@{HOST}:{self.port}/0"

    def _programs(self) -> Programs:
        return valkey_programs()

    def _prepare(self, home: Home, account: Account) -> None:
        self._password = home.password()
        if not home.data.exists():
            home.make_data("data")

    def _command(self, home: Home, port: int) -> tuple[list[str], str]:
        settings = {
            "bind": HOST,
            "port": str(port),
            "requirepass": self._password,
            "save": '""',
            "appendonly": "no",
            "pidfile": str(home.data / self.pid_file),
            "set-proc-title": "no",  # the command line stays as it was given, and shows whose server this is
            "daemonize": "no",
        }
        text = "".join(f"{name} {value}\n" for name, value in settings.items())
        # "-" is last: the settings come from the standard input, so that no file and no argument shows the
        # password.
        return [str(home.bin / self.program), "--dir", str(home.data), "-"], text

    def _answers(self, home: Home, child: Child, port: int) -> bool:
        request = f"AUTH {self._password}\r\nPING\r\n".encode()
        try:
            with socket.create_connection((HOST, port), timeout=1.0) as connection:
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
                answer = b"".join(iter(lambda: connection.recv(64), b""))
        except OSError:  # it does not listen yet
            return False
        return answer == b"+OK\r\n+PONG\r\n"
