"""Options of a correction, as tasks store them and as people see them; the defaults are the seed's."""

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.sales.application.correct_sales import CorrectionOrder
from services.sales.domain.corrections import Rules
from services.sales.domain.states import CorrectionMethod


class CorrectionOptions(BaseModel):
    """What is corrected, and how. Days are chosen by the program: all that are not up to date."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stores: tuple[str, ...] = Field(default=(), description="Codes of stores; empty means all.")
    first_register: int = Field(default=0, ge=0, description="First register; 0 to 0 means all.")
    last_register: int = Field(default=0, ge=0, description="Last register.")
    method: CorrectionMethod = Field(default=CorrectionMethod.TRANSFER, description="How missing stock is supplied.")
    unknown_codes_subfamily: str = Field(
        default="ZZZ Divers",
        max_length=100,
        description="Sub-family that takes sales of unknown codes; empty: they stay in error.",
    )
    correct_returns: bool = Field(default=True, description="Return errors credit sales and stock.")
    open_kits: bool = Field(default=False, description="Kits are opened to supply their components.")
    close_days: bool = Field(default=False, description="Days wholly posted are closed.")
    donor_stores: tuple[str, ...] = Field(
        default=(),
        description="Codes of donor stores in the order of their priority; empty means all, by their codes.",
    )
    adjust_remainder: bool = Field(default=False, description="What no donor can cover is adjusted.")

    @model_validator(mode="after")
    def _check_registers(self) -> "CorrectionOptions":
        if self.first_register > self.last_register:
            raise ValueError("first_register is after last_register")
        return self

    @property
    def order(self) -> CorrectionOrder:
        """The same, as the use case takes it."""
        return CorrectionOrder(
            stores=self.stores,
            first_register=self.first_register,
            last_register=self.last_register,
            donor_stores=self.donor_stores,
            close_days=self.close_days,
            rules=Rules(
                method=self.method,
                unknown_codes_subfamily=self.unknown_codes_subfamily,
                correct_returns=self.correct_returns,
                open_kits=self.open_kits,
                adjust_remainder=self.adjust_remainder,
            ),
        )
