"""What a process of sales is told."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from chassis.settings import ServiceSettings
from services.sales.application.correct_sales import LINES


def _in_utc(value: datetime) -> datetime:
    """An instant; one without a zone is UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


class SalesSettings(ServiceSettings):
    """Sales needs to know since when it clears defectives, and how much it corrects at once."""

    defectives_since: Annotated[datetime, AfterValidator(_in_utc)] | None = Field(
        default=None,
        description="Defective goods of sales from this instant on are cleared, e.g. `2017-01-01T00:00:00Z`; by "
        "default since this service's database was first migrated.",
    )
    correction_lines: int = Field(
        default=LINES,
        ge=1,
        description="Lines in error that one transaction of a correction takes; fewer keep its locks shorter.",
    )
