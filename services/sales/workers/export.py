"""Task type `sales.export`: sale lines as CSV files."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chassis.operations.execution import Execution
from chassis.operations.kinds import Kind
from chassis.operations.model import Outcome
from chassis.tasks import TaskType
from services.sales.application.export_sales import ExportSales, SalesExport

NAME = "sales.export"


class ExportOptions(BaseModel):
    """Which sales. Without dates: those of the days before the run's own, by default of yesterday alone."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stores: list[str] = Field(default=[], description="Codes of stores; empty means all.")
    days_back: int = Field(
        default=1,
        ge=1,
        le=3660,
        description="How many business days, ending with the day before the run's own; not used with dates.",
    )
    first_date: date | None = Field(default=None, description="First business day; needs last_date.")
    last_date: date | None = Field(default=None, description="Last business day; needs first_date.")
    separator: Literal[";", ",", "\t", "|"] = Field(default=";", description="What stands between two cells.")

    @model_validator(mode="after")
    def _check_dates(self) -> "ExportOptions":
        if (self.first_date is None) != (self.last_date is None):
            raise ValueError("first_date and last_date go together; give both or neither")
        if self.first_date and self.last_date and self.first_date > self.last_date:
            raise ValueError("first_date is after last_date")
        return self

    def export(self, business_date: date) -> SalesExport:
        """What a run that stands for this business day exports."""
        return SalesExport(
            stores=tuple(self.stores),
            first=self.first_date or business_date - timedelta(days=self.days_back),
            last=self.last_date or business_date - timedelta(days=1),
            separator=self.separator,
        )


EXPORT = TaskType(
    name=NAME,
    folder="Import - Export",
    title="task.export.title",
    description="task.export.description",
    options=ExportOptions,
    produces_files=True,
    splits_by_store=True,
)


def export_kind(export_sales: ExportSales) -> Kind:
    """The kind of operation that does the task type's work."""
    return Kind(name=NAME, run=_runner(export_sales))


def _runner(export_sales: ExportSales) -> Callable[[Execution], Outcome]:
    def run(execution: Execution) -> Outcome:
        options = ExportOptions.model_validate(execution.request)
        return export_sales(execution, options.export(execution.task.business_date))

    return run
