"""A figure as it is printed: one JSON line, its reference measured in the same run."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What was measured. `ratio` is always our speed over the reference's: more is better."""

    bench: str
    figure: str
    value: float
    unit: str
    against: str = ""  #: what the reference is; empty where there is none
    against_value: float | None = None
    ratio: float | None = None

    def show(self) -> None:
        print(json.dumps(asdict(self)), flush=True)


def speed(bench: str, figure: str, value: float, unit: str, against: str, against_value: float) -> Figure:
    """A speed beside the reference's."""
    return Figure(
        bench=bench,
        figure=figure,
        value=round(value, 1),
        unit=unit,
        against=against,
        against_value=round(against_value, 1),
        ratio=round(value / against_value, 2),
    )
