"""Tries at sending a file, as they are remembered."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from uuid import UUID

from services.delivery.domain.spool import Failure


class DeliveryState(Enum):
    """What became of a try."""

    UNDER_WAY = "UNDER_WAY"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    BROKEN_OFF = "BROKEN_OFF"  #: its process died, or lost its work to another


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A try at sending a file."""

    number: int
    file: UUID
    file_name: str
    task: int
    run: int
    destination: str
    attempt: int  #: the file's how-manieth
    state: DeliveryState
    failure: Failure | None
    resumed_offset: int  #: byte at which it went on
    create_time: datetime
    end_time: datetime | None

    @property
    def name(self) -> str:
        """Its resource name."""
        return f"deliveries/{self.number}"
