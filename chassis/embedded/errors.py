"""What can go wrong with an embedded server, each with what to do.

EmbeddedError
├── EmbeddedUnavailable   the programs are not installed, or cannot run on this machine
├── FolderInUse           another process of ours runs the server of this folder
├── FolderRefused         the folder belongs to somebody else, or its content does not fit
├── PortTaken             the port that was asked for is somebody else's
└── ServerFailed          the server did not start; its log says why
"""

from pathlib import Path


class EmbeddedError(Exception):
    """An embedded server cannot do what was asked."""


class EmbeddedUnavailable(EmbeddedError):
    """The programs are not installed, or cannot run on this machine."""


class FolderInUse(EmbeddedError):
    """Another process of ours runs the server of this folder."""

    def __init__(self, folder: Path, holder: str) -> None:
        super().__init__(
            f"{folder} is in use by process {holder or 'of another session'};"
            " stop it first, or give this one a folder of its own"
        )
        self.folder, self.holder = folder, holder


class FolderRefused(EmbeddedError):
    """The folder belongs to somebody else, or what lies in it does not fit."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(f"{folder}: {why}")
        self.folder = folder


class PortTaken(EmbeddedError):
    """The port that was asked for is somebody else's."""

    def __init__(self, port: int, program: str) -> None:
        super().__init__(
            f"port {port} of 127.0.0.1, meant for {program}, is taken;"
            " stop what listens there, or give another port (none takes a free one)"
        )
        self.port = port


class ServerFailed(EmbeddedError):
    """The server did not start; the end of its log says why."""

    def __init__(self, program: str, what: str, log: Path, end: str) -> None:
        super().__init__(f"{program} {what}; its log is {log}" + (f" and ends:\n{end}" if end else ""))
        self.log = log
