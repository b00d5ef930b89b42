"""What delivery is told by its environment, beside what every service is."""

from datetime import timedelta

from pydantic import Field

from chassis.settings import Duration, ServiceSettings


class DeliverySettings(ServiceSettings):
    """Where files lie and may go, and how long the outside may take."""

    path_roots: str = Field(
        default="",
        description="Folders that server paths must lie in, absolute, separated by `:`; "
        "`outgoing` below BACKROOM_VAR where none is given.",
    )
    denied_networks: str = Field(
        default="169.254.0.0/16 fe80::/10",
        description="Networks that are never called, separated by blanks; link-local by default.",
    )
    spool_free_floor: int = Field(
        default=100_000_000, ge=0, description="Bytes of the spool's disk that must stay free for a file to be taken."
    )
    connect_timeout: Duration = Field(
        default=timedelta(seconds=10), description="Longest wait for a server's connection."
    )
    greeting_timeout: Duration = Field(
        default=timedelta(seconds=15), description="Longest wait for an SSH server's greeting and keys."
    )
    login_timeout: Duration = Field(default=timedelta(seconds=20), description="Longest wait for a server's login.")
    answer_timeout: Duration = Field(
        default=timedelta(seconds=60), description="Longest wait for each answer of an open connection."
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
    sweep_every: Duration = Field(default=timedelta(minutes=1), description="How often the spool is swept.")
    orphan_age: Duration = Field(
        default=timedelta(hours=1), description="Age at which a file that nothing names is removed from the spool."
    )
    provisional_days: int = Field(
        default=7, ge=1, description="Days that staged files wait to be sealed before they are dropped."
    )
    history_days: int = Field(default=90, ge=1, description="Days that delivered files are remembered.")
