"""A child is a server that this process started, watches and reaps.

The thread that starts a child stays until it has ended, to reap it. Two reasons: nobody has to poll, and
Linux sends the "parent has died" signal when the *thread* that forked ends, so a child started from a
short-lived thread would die with it.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue

from chassis.embedded.account import ENVIRONMENT, Account

LAUNCHER = Path(__file__).with_name("launcher.py")


class Child:
    """A running server in a session of its own, so that the terminal's Ctrl-C reaches us and not it."""

    def __init__(
        self,
        command: Sequence[str],
        account: Account,
        *,
        output: int,
        text: str = "",
        at_death: signal.Signals,
    ) -> None:
        self._ended = threading.Event()
        words = launched(command, account, at_death=at_death)
        reading = text_to_read(text, account)
        born: SimpleQueue[subprocess.Popen[bytes] | OSError | subprocess.SubprocessError] = SimpleQueue()

        def keep() -> None:
            try:
                process = subprocess.Popen(
                    words,
                    stdin=reading,
                    stdout=output,
                    stderr=output,
                    cwd="/",
                    env=ENVIRONMENT,
                    start_new_session=True,
                )
            except (OSError, subprocess.SubprocessError) as error:
                born.put(error)
                return
            born.put(process)
            process.wait()
            self._ended.set()

        threading.Thread(target=keep, name=f"keeper of {Path(command[0]).name}", daemon=True).start()
        outcome = born.get()
        os.close(reading)
        if not isinstance(outcome, subprocess.Popen):
            raise outcome
        self._process = outcome

    @property
    def pid(self) -> int:
        return self._process.pid

    def has_ended(self) -> bool:
        return self._ended.is_set()

    def wait(self, seconds: float) -> bool:
        """Whether the child ended, and was reaped, within that time."""
        return self._ended.wait(seconds)

    def send(self, number: signal.Signals) -> None:
        """Signal the child; nothing happens once it has ended, and its number is never another's."""
        self._process.send_signal(number)


def launched(command: Sequence[str], account: Account, *, at_death: signal.Signals) -> list[str]:
    """The command, run as that account, and sent that signal when the thread that starts it ends."""
    user, group = (account.uid, account.gid) if account.other else (-1, -1)
    words = [str(os.getpid()), str(user), str(group), str(int(at_death))]
    # -I -S: the script needs the standard library alone, and must not see the environment or the folder we
    # run in.
    return [sys.executable, "-I", "-S", str(LAUNCHER), *words, *command]


def text_to_read(text: str, account: Account) -> int:
    """The reading end of a pipe that holds the text: a secret appears in no file and among no arguments."""
    reading, writing = os.pipe()
    if account.other:
        os.fchown(reading, account.uid, account.gid)  # /dev/stdin is opened anew, with that user's rights
    os.write(writing, text.encode())
    os.close(writing)
    return reading
