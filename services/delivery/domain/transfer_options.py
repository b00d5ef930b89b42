"""How files are written at a destination."""

from dataclasses import dataclass
from enum import Enum
from pathlib import PurePosixPath


class Existing(Enum):
    """What happens to a file of the same name at the far end."""

    REPLACE = "replace"
    REFUSE = "refuse"
    KEEP_BOTH = "keep-both"  #: the new one gets the next free name


FILES_AT_ONCE = 256  #: under way at a far end, where its destination does not say
MOST_AT_ONCE = 256
BYTES_AT_ONCE = 4 << 20  #: of several files under way together; a bigger file goes alone
MOST_NAMES = 10_000  #: tried for a file that must not replace another


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOptions:
    """A destination's switches."""

    write_directly: bool = False  #: under the final name, for servers that cannot rename
    existing: Existing = Existing.REPLACE
    folder_must_exist: bool = False
    bandwidth_limit: int = 0  #: bytes per second; 0: unlimited
    concurrency: int = 0  #: files under way at once; 0: as many as suits

    @property
    def at_once(self) -> int:
        """Most files under way at once."""
        return self.concurrency or FILES_AT_ONCE


def numbered(name: str, number: int) -> str:
    """`sales.csv`, 2 → `sales (2).csv`; a name whose number would make it too long is cut before the number."""
    path = PurePosixPath(name)
    mark = f" ({number})"
    stem = path.stem.encode()[: 255 - len(mark) - len(path.suffix.encode())].decode(errors="ignore")
    return f"{stem}{mark}{path.suffix}"
