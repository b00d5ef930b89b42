"""The options of mail's task types, as people fill them in."""

import datetime as dt
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

MOST_TICKETS = 100_000


class SendTicketsOptions(BaseModel):
    """Which tickets are mailed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: dt.date | None = Field(default=None, description="Business day; by default the day the run stands for.")
    first_date: dt.date | None = Field(default=None, description="First business day, in the place of `date`.")
    last_date: dt.date | None = Field(default=None, description="Last business day; by default the first.")
    stores: list[str] = Field(default_factory=list, description="Codes of stores; none means all.", max_length=1000)
    limit: int = Field(default=200, ge=1, le=MOST_TICKETS, description="How many tickets are mailed at most.")

    @model_validator(mode="after")
    def _check_days(self) -> Self:
        if self.date is not None and (self.first_date is not None or self.last_date is not None):
            raise ValueError("date goes without first_date and last_date; give one day or a span")
        if self.last_date is not None and self.first_date is None:
            raise ValueError("last_date needs first_date")
        if self.first_date is not None and self.last_date is not None and self.last_date < self.first_date:
            raise ValueError("last_date lies before first_date")
        return self

    def days(self, nominal: dt.date) -> tuple[dt.date, dt.date]:
        """First and last business day, where the run stands for the day `nominal`."""
        first = self.first_date or self.date or nominal
        return first, self.last_date or first
