"""Durations as people write them: `500ms`, `15s`, `2m`, `1h`, `10d`."""

import re
from datetime import timedelta

UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(value: object) -> object:
    """Reads `500ms`, `15s`, `2m`, `1h`, `10d`; a plain number is seconds."""
    if isinstance(value, str):
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|)", value.strip())
        if not match:
            raise ValueError("write a number with a unit: 500ms, 15s, 2m, 1h or 10d")
        return timedelta(**{UNITS[match[2] or "s"]: float(match[1])})
    return value


def render_duration(value: timedelta) -> str:
    """The shortest text that `parse_duration` reads back."""
    milliseconds = round(value / timedelta(milliseconds=1))
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)):
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms"
