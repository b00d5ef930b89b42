"""Milestones of a sending, for whoever reads the log at its finest level."""

import structlog

from services.delivery.application.ports import Milestone
from services.delivery.domain.spool import SpoolFile

log = structlog.get_logger(__name__)


class LoggedMilestones:
    """Writes them down."""

    def passed(self, milestone: Milestone, file: SpoolFile) -> None:
        """One line."""
        log.debug("file moved", milestone=milestone.value, file=str(file.id), task=file.task, attempts=file.attempts)
