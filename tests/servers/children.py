"""A real server of Debian's as a child of the tests: in a folder of its own, on loopback, ended by its own handle."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PATIENCE = 60.0  #: seconds that a server gets to start, and to end
LOOK = 0.05  #: seconds between two looks


class ServerFolder:
    """A folder of a server's own. As root it belongs to the server's user, who could not pass through pytest's."""

    def __init__(self, user: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=f"backroom-{user}-"))
        self.user = user if os.geteuid() == 0 else None  #: None: ourselves
        if self.user is not None:
            entry = pwd.getpwnam(self.user)
            os.chown(self.path, entry.pw_uid, entry.pw_gid)

    def remove(self) -> None:
        shutil.rmtree(self.path)


class ServerProcess:
    """A server and whatever it started: they share a session, which ends as one."""

    def __init__(self, command: Sequence[str], folder: ServerFolder, environment: Mapping[str, str]) -> None:
        self.log = folder.path / f"{Path(command[0]).name}.out"
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", **environment},
                cwd=folder.path,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=folder.user,
                group=None if folder.user is None else pwd.getpwnam(folder.user).pw_gid,
                extra_groups=None if folder.user is None else [],
            )

    def wait_until(self, answers: Callable[[], bool]) -> None:
        """Returns once it answers; a server that ends or stays silent fails the test with what it said."""
        end = time.monotonic() + PATIENCE
        while not answers():
            assert self._process.poll() is None, f"it ended: {self.log.read_text(errors='replace')}"
            assert time.monotonic() < end, f"it never answered: {self.log.read_text(errors='replace')}"
            time.sleep(LOOK)

    def send(self, number: signal.Signals) -> None:
        """Signals all of it."""
        os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """Ends it as a crash would, and returns once it is gone."""
        self.send(signal.SIGKILL)
        self._process.wait(PATIENCE)

    def stop(self) -> None:
        """Ends it in order; whatever is left of it goes as well."""
        if self._process.poll() is None:
            self.send(signal.SIGTERM)
            self._process.wait(PATIENCE)
        try:
            self.kill()
        except ProcessLookupError:
            return  # the usual case: nothing was left
