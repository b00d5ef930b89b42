"""What tests hear of a sending: its milestones, at which a process may die, and what was counted."""

from collections.abc import Callable
from dataclasses import dataclass, field

from services.delivery.application.ports import Milestone
from services.delivery.domain.spool import SpoolFile


class Died(BaseException):
    """The process is gone: nothing of it runs any more, not even what handles errors."""


@dataclass
class Tolled:
    """Milestones; a test says at which one the process dies."""

    die_at: Milestone | None = None
    times: int = 1  #: how often `die_at` is passed before, the last time included
    meanwhile: Callable[[], None] | None = None  #: happens at `die_at` instead of a death

    def passed(self, milestone: Milestone, file: SpoolFile) -> None:
        if milestone is not self.die_at:
            return
        self.times -= 1
        if self.times == 0:
            self.die_at, self.times = None, 1
            if self.meanwhile is None:
                raise Died(milestone.value)
            self.meanwhile()


@dataclass
class Counted:
    """What was measured."""

    sent_files: int = 0
    failures: list[str] = field(default_factory=list)

    def sent(self, protocol: str) -> None:
        self.sent_files += 1

    def failed(self, protocol: str, reason: str, files: int = 1) -> None:
        self.failures += [reason] * files
