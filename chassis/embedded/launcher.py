"""Run as a script: become the server's user, ask to die with our parent, and turn into the server.

`launcher.py PARENT UID GID SIGNAL PROGRAM ARGUMENT…`; a UID of -1 stays who it is. A script between the two
processes does what `preexec_fn` would, without running Python in a forked copy of a process that has threads.
It keeps its own process id, so the server is the direct child of whoever started this. Everything is imported
before the user changes: the new one may not be able to read our Python.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main() -> None:
    parent, uid, gid, last_signal = (int(word) for word in sys.argv[1:5])
    command = sys.argv[5:]
    os.umask(0o077)
    if uid != -1:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After setuid, which would clear it. The signal comes when the *thread* that forked us ends: see
        # child.py.
        # Other systems have no such call: there the next start ends what was left.
        if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, last_signal, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
        if os.getppid() != parent:
            sys.exit("our parent ended before we were ready")
    # What Python or our parent ignores or blocks would stay so in the server.
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
