"""What each process of the stack is told by its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

from console.stack.home import StackHome
from console.stack.ports import SERVICES, Ports


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessName:
    """A process: a service and the command that it runs."""

    service: str
    command: str  #: serve, work or plan

    def __str__(self) -> str:
        return f"{self.service}-{self.command}"

    @property
    def module(self) -> str:
        """The Python module that it runs."""
        return f"services.{self.service}"


PROCESSES = (
    *(ProcessName(service=service, command="serve") for service in SERVICES),
    *(ProcessName(service=service, command="work") for service in SERVICES),
    ProcessName(service="scheduler", command="plan"),
)


#: What a service cannot do without and nobody has to choose on a machine of one's own.
DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "mail": {"BACKROOM_SENDER_ADDRESS": "backroom@example.test", "BACKROOM_COMPANY": "Backroom"},
}


def environment_of(
    process: ProcessName,
    *,
    home: StackHome,
    ports: Ports,
    database_url: str,
    broker_url: str,
    settings: Mapping[str, str],
) -> dict[str, str]:
    """Later ones win: defaults, the person's environment, what the stack decides, settings given for this service."""
    service = process.service
    decided = {
        "PYTHONUNBUFFERED": "1",
        "BACKROOM_DATABASE_URL": database_url,
        "BACKROOM_BROKER_URL": broker_url,
        "BACKROOM_VAR": str(home.var),
        "BACKROOM_KEYRING": str(home.keyring),
        "BACKROOM_PRINCIPALS": str(home.principals),
        "BACKROOM_TOKEN": str(home.token(service)),
        "BACKROOM_LISTEN": ports.address(service),
        "BACKROOM_HEALTH_LISTEN": ports.health_address(service),
        "BACKROOM_METRICS_LISTEN": ports.metrics_address(service, process.command),
        **{f"BACKROOM_{name.upper()}_ADDRESS": ports.address(name) for name in SERVICES},
    }
    return {**DEFAULTS.get(service, {}), **os.environ, **decided, **settings}
