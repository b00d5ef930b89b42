"""What keeps a stack from starting, each with what to do."""

from pathlib import Path

from chassis.errors import BackroomError


class StackError(BackroomError):
    """The stack cannot do what was asked."""


class VarInUse(StackError):
    """Another stack lives in this folder."""

    def __init__(self, var: Path, holder: str) -> None:
        super().__init__(
            f"{var} is in use by process {holder or 'of another session'};"
            " stop it first, or give this stack a folder of its own with --var"
        )


class StackPortTaken(StackError):
    """A port that a process needs is somebody else's."""

    def __init__(self, port: int, purpose: str) -> None:
        super().__init__(
            f"port {port} of 127.0.0.1, meant for {purpose}, is taken;"
            " end what listens there, or move every port with --port-offset, e.g. --port-offset 1000"
        )
        self.port = port


class TokenMissing(StackError):
    """A token that the principals file knows is gone."""

    def __init__(self, token: Path, principals: Path) -> None:
        super().__init__(
            f"{token} is gone, while {principals} knows its hash;"
            f" put it back, or remove {principals} to have it written anew"
        )


class ProcessFailed(StackError):
    """A process ended, or did not become ready, while the stack was starting."""

    def __init__(self, name: str, what: str, log: Path, end: str) -> None:
        super().__init__(f"{name} {what}; its log is {log}" + (f" and ends:\n{end}" if end else ""))
        self.name, self.log = name, log
