"""PostgreSQL and Valkey of the stack, kept alive: what died is started again, on its port and with its data."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from chassis.embedded import EmbeddedError, EmbeddedPostgres, EmbeddedValkey
from chassis.embedded.server import EmbeddedServer
from console.stack.child import Standing
from console.stack.home import StackHome
from console.stack.ports import SERVICES

LOOK = 0.1  #: seconds between two looks
PAUSE = 1.0  #: seconds after a start that failed


class Servers:
    """The two servers, watched by a thread between `start` and `stop`."""

    def __init__(
        self, home: StackHome, *, fast: bool, notice: Callable[[str], None], moved: Callable[[], None]
    ) -> None:
        self.postgres = EmbeddedPostgres(home.var / "postgres", fast=fast)
        self.valkey = EmbeddedValkey(home.var / "valkey")
        self._servers: dict[str, EmbeddedServer] = {"postgres": self.postgres, "valkey": self.valkey}
        self._starts = dict.fromkeys(self._servers, 1)
        self._notice = notice
        self._moved = moved  #: called where a server came back at another address
        self._stopping = threading.Event()
        self._healing = threading.Lock()
        self._watcher = threading.Thread(target=self._watch, name="watcher of the servers", daemon=True)

    def start(self) -> None:
        """Starts both, makes each service's database, and watches from now on."""
        with ThreadPoolExecutor(2) as pool:
            starts = [pool.submit(server.start) for server in (self.postgres, self.valkey)]
        for each in starts:
            each.result()
        for service in SERVICES:
            self.postgres.create_database(service)
        self._watcher.start()

    def stop(self) -> None:
        """Ends the broker, then the database."""
        self._stopping.set()
        if self._watcher.ident is not None:
            self._watcher.join()
        self.valkey.stop()
        self.postgres.stop()

    def remove(self) -> None:
        """Deletes both folders; `stop` came before."""
        self.valkey.remove()
        self.postgres.remove()

    @property
    def broker_url(self) -> str:
        return self.valkey.url

    def database_url(self, service: str) -> str:
        """The address of a service's own database."""
        return self.postgres.url(service)

    def named(self, name: str) -> EmbeddedServer | None:
        """`postgres` or `valkey`."""
        return self._servers.get(name)

    def standings(self) -> list[Standing]:
        """How both stand."""
        return [
            Standing(
                name=name, pid=server.pid if server.is_running() else None, starts=self._starts[name], last_status=None
            )
            for name, server in self._servers.items()
        ]

    def _watch(self) -> None:
        pause = LOOK
        while not self._stopping.wait(pause):
            pause = LOOK
            for name, server in self._servers.items():
                if not self._heal(name, server):
                    pause = PAUSE

    def wait_until_ready(self) -> None:
        """Returns once both answer; one that died is started again if nobody is at it."""
        for name, server in self._servers.items():
            while not self._heal(name, server):
                time.sleep(PAUSE)

    def _heal(self, name: str, server: EmbeddedServer) -> bool:
        """Whether it answers; one that has died is started again."""
        with self._healing:
            return server.is_running() or self._start_again(name, server)

    def _start_again(self, name: str, server: EmbeddedServer) -> bool:
        port = server.port
        try:
            server.start()
        except (EmbeddedError, OSError) as error:
            self._notice(f"{name} died and could not be started again: {error}")
            return False
        self._starts[name] += 1
        self._notice(f"{name} died and was started again")
        if server.port != port:
            self._moved()
        return True
