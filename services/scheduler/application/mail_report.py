"""The work that hands a report to mail. It is repeated until mail has it; mail sends it once."""

from dataclasses import dataclass

from chassis.operations import Execution
from services.scheduler.application.ports import Mail
from services.scheduler.domain.sites import OperatingMode


@dataclass(frozen=True, slots=True, kw_only=True)
class MailReport:
    """Hands it over, under the operation's own id: a repeat is recognised."""

    mail: Mail

    def __call__(self, execution: Execution) -> None:
        asked = {name: str(value) for name, value in execution.request.items()}
        mode = OperatingMode(asked["mode"])
        self.mail.send(asked["recipient"], asked["subject"], asked["body"], asked["site"], mode, execution.id)
