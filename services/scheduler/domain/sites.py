"""Where a task belongs: a site, its zone, and what it may do by itself."""

from dataclasses import dataclass
from enum import StrEnum


class OperatingMode(StrEnum):
    """What a site may do by itself."""

    NORMAL = "normal"  #: everything
    ISOLATED = "isolated"  #: nothing ("mode isolé")
    TRAINING = "training"  #: nothing, and a manual start touches nothing real ("mode école")


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site ("service de réplication")."""

    name: str
    time_zone: str  #: IANA
    mode: OperatingMode = OperatingMode.NORMAL
