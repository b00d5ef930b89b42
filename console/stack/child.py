"""A process of the stack: started by a thread that stays to reap it, and started again when it ends by itself."""

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from console.stack.nursery import NurseryDied, Running

TOOK_OVER = 70  #: exit status of a worker whose work others have; it starts again at once
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  #: seconds before a process that ended is started again
LONG_LIFE = 30.0  #: seconds after which an end is no longer taken for a failing start
DRAIN = 25.0  #: seconds that a process gets on SIGTERM, a little more than it takes itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a process stands."""

    name: str
    pid: int | None  #: None while it is not running
    starts: int
    last_status: int | None  #: exit status of its last end; negative for a signal


class SupervisedProcess:
    """One process, kept alive from `start` until it is asked to stop."""

    def __init__(self, name: str, begin: Callable[[], Running], notice: Callable[[str], None]) -> None:
        self.name = name
        self._begin = begin  #: asked at each start: addresses may have changed
        self._notice = notice
        self._process: Running | None = None
        self._turn = threading.Lock()
        self._stopping = threading.Event()
        self._starts = 0
        self._last_status: int | None = None
        self._keeper = threading.Thread(target=self._keep, name=f"keeper of {name}", daemon=True)

    def start(self) -> None:
        """Starts it, and from now on again whenever it ends."""
        self._keeper.start()

    def send(self, number: signal.Signals) -> bool:
        """Signals the running process; False where none is running."""
        with self._turn:
            if self._process is None or self._process.poll() is not None:
                return False
            self._process.send_signal(number)
            return True

    def kill(self) -> None:
        """Ends it as a crash would, and returns once it is gone. It is started again by itself."""
        with self._turn:
            process = self._process
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.wait()

    def ask_to_stop(self) -> None:
        """Asks it to end in order and not to come back."""
        with self._turn:
            self._stopping.set()
        self.send(signal.SIGCONT)  # one that was paused hears nothing
        self.send(signal.SIGTERM)

    def finish(self) -> None:
        """Waits for the end that was asked for; after a bound the process is killed. It is reaped."""
        if self._keeper.ident is None:
            return
        self._keeper.join(DRAIN)
        if self._keeper.is_alive():
            self._notice(f"{self.name} did not end within {DRAIN:.0f} s and was killed")
            self.send(signal.SIGKILL)
            self._keeper.join()

    def standing(self) -> Standing:
        """How it stands now."""
        with self._turn:
            running = self._process is not None and self._process.poll() is None
            return Standing(
                name=self.name,
                pid=self._process.pid if running and self._process else None,
                starts=self._starts,
                last_status=self._last_status,
            )

    def _keep(self) -> None:
        pause = FIRST_PAUSE
        while not self._stopping.is_set():
            began = time.monotonic()
            status = self._run_once()
            if self._stopping.is_set():
                return
            if status == TOOK_OVER or time.monotonic() - began > LONG_LIFE:
                pause = FIRST_PAUSE
            self._notice(f"{self.name} ended with status {status}; it starts again")
            self._stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _run_once(self) -> int | None:
        try:
            with self._turn:
                if self._stopping.is_set():
                    return None
                process = self._process = self._begin()
                self._starts += 1
        except (OSError, NurseryDied) as error:  # no room for a process now, or killed with all the others
            self._notice(f"{self.name} could not be started: {error}")
            return None
        self._last_status = process.wait()
        return self._last_status
