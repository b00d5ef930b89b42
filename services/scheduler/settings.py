"""What a process of the scheduler is told."""

import re
from datetime import timedelta
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, Field

from chassis.addresses import Address
from chassis.settings import Duration, ServiceSettings

DEFAULT_HANDLERS = "sales,clients,mail,delivery,scheduler"
OURS = ("sales", "clients", "mail", "delivery", "scheduler")
NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")


def check_zone(name: str) -> str:
    """Lets an IANA zone pass."""
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not an IANA time zone; write one such as Europe/Paris")
    return name


def check_handlers(text: str) -> str:
    """Lets `name=host:port` pass, several with commas; a name alone is a service of ours at its usual address."""
    for part in text.split(","):
        name, equals, address = part.strip().partition("=")
        if not NAME.fullmatch(name):
            raise ValueError(f"{part.strip()!r} is not a handler; write name=host:port")
        if equals:
            Address.parse(address)
        elif name not in OURS:
            raise ValueError(f"{name} needs an address; write {name}=host:port")
    return text


class SchedulerSettings(ServiceSettings):
    """The scheduler's own variables, beyond those of every service."""

    site: str = Field(
        default="default", pattern=r"^[a-z][a-z0-9-]{0,62}$", description="The site that tasks belong to."
    )
    time_zone: Annotated[str, AfterValidator(check_zone)] = Field(
        default="Europe/Paris", description="The site's IANA time zone."
    )
    handlers: Annotated[str, AfterValidator(check_handlers)] = Field(
        default=DEFAULT_HANDLERS,
        description="Services that offer task types, `name=host:port` with commas between; "
        "the names of our services alone mean their usual addresses.",
    )

    cancel_grace: Duration = Field(
        default=timedelta(seconds=60),
        description="How long a handler may take to end an attempt whose time has passed; then the attempt has failed, "
        "whatever the handler says.",
    )

    run_days: int = Field(default=400, ge=1, description="Days that runs are kept once they have ended.")
    message_days: int = Field(default=90, ge=1, description="Days that messages of inboxes are kept, read or not.")

    def handler_addresses(self) -> dict[str, str]:
        """Name to address."""
        usual = {
            "sales": self.sales_address,
            "clients": self.clients_address,
            "mail": self.mail_address,
            "delivery": self.delivery_address,
            "scheduler": self.scheduler_address,
        }
        pairs = (part.strip().partition("=") for part in self.handlers.split(","))
        return {name: address or usual[name] for name, _, address in pairs}
