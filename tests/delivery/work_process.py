"""A real delivery worker that is killed when a file that its caller names passes a milestone: milestone, file name.

Without them it lives until it is ended. How far a big file has come is recorded at every word of its gateway: a test's
file is sent in less time than lies between two records in earnest.
"""

import os
import signal
import sys

from chassis.process import main
from services.delivery import wiring
from services.delivery.application import writing
from services.delivery.application.ports import Milestone
from services.delivery.domain.spool import SpoolFile
from services.delivery.workers.milestones import LoggedMilestones


class Deadly(LoggedMilestones):
    """Milestones, one of them the last."""

    milestone: Milestone
    file_name: str

    def passed(self, milestone: Milestone, file: SpoolFile) -> None:
        """Not even what handles errors runs any more."""
        super().passed(milestone, file)
        if milestone is self.milestone and file.file_name == self.file_name:
            os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Deadly.milestone, Deadly.file_name = Milestone[sys.argv[1]], sys.argv[2]
        wiring.LoggedMilestones = Deadly  # type: ignore[attr-defined]  # imported there, and nothing else is changed
    writing.COMMIT_EVERY = 0.0
    sys.argv[1:] = ["work"]
    main(wiring.SERVICE)
