"""What delivery is told by its environment, beside what every service is."""

from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field

from chassis.network import DENIED, parse_networks, parse_ports
from chassis.settings import Duration, ServiceSettings


def check_networks(value: str) -> str:
    """Lets networks pass, separated by blanks."""
    parse_networks(value)
    return value


def check_ports(value: str) -> str:
    """Lets ports and ranges of them pass, separated by blanks."""
    parse_ports(value)
    return value


Networks = Annotated[str, AfterValidator(check_networks)]
Ports = Annotated[str, AfterValidator(check_ports)]


class DeliverySettings(ServiceSettings):
    """Where files lie and may go, and how long the outside may take."""

    path_roots: str = Field(
        default="",
        description="Folders that server paths must lie in, absolute, separated by `:`; "
        "`outgoing` below BACKROOM_VAR where none is given.",
    )
    denied_networks: Networks = Field(
        default=DENIED,
        description="Networks that are never called, separated by blanks; link-local, and where clouds keep the "
        "secrets of their machines, by default. Whoever may edit destinations can have every other address called.",
    )
    allowed_networks: Networks = Field(
        default="",
        description="The only networks that are called, without the denied ones, separated by blanks; all where empty.",
    )
    allowed_ports: Ports = Field(
        default="",
        description="The only ports at which servers are called, `21 22 990 143 993`, or ranges `50000-51000`; all "
        "where empty. Ports that an FTP server names for its data are not looked at.",
    )
    spool_free_floor: int = Field(
        default=100_000_000, ge=0, description="Bytes of the spool's disk that must stay free for a file to be taken."
    )
    connect_timeout: Duration = Field(
        default=timedelta(seconds=10), description="Longest wait for a server's connection."
    )
    greeting_timeout: Duration = Field(
        default=timedelta(seconds=15),
        description="Longest wait for a server's first words, and for its keys or certificate.",
    )
    login_timeout: Duration = Field(default=timedelta(seconds=20), description="Longest wait for a server's login.")
    answer_timeout: Duration = Field(
        default=timedelta(seconds=60), description="Longest wait for each answer of an open connection."
    )
    mail_patience: Duration = Field(
        default=timedelta(seconds=20),
        description="How long a message is watched in mail's outbox until it has left; later it is asked after again.",
    )
    check_good_for: Duration = Field(
        default=timedelta(seconds=5), description="How long the answer of CheckDestination holds."
    )
    destination_patience: Duration = Field(
        default=timedelta(seconds=20), description="How long a sending waits for a destination that others send to."
    )
    retry_soonest: Duration = Field(
        default=timedelta(seconds=30), description="Shortest pause before leftovers are tried again."
    )
    streams_at_once: int = Field(
        default=8, ge=1, description="Files sent past the spool at once; for more, handlers come again later."
    )
    stream_silence: Duration = Field(
        default=timedelta(minutes=10),
        description="How long a handler may say nothing in the middle of a file that it sends past the spool, and a "
        "consumer leave unread what a fetch sends it.",
    )
    sweep_every: Duration = Field(default=timedelta(minutes=1), description="How often the spool is swept.")
    orphan_age: Duration = Field(
        default=timedelta(hours=1), description="Age at which a file that nothing names is removed from the spool."
    )
    provisional_days: int = Field(
        default=7, ge=1, description="Days that staged files wait to be sealed before they are dropped."
    )
    history_days: int = Field(default=90, ge=1, description="Days that delivered files are remembered.")
    fetched_days: int = Field(
        default=400,
        ge=1,
        description="Days that fetched files are remembered after they were last seen; then they would come again.",
    )
