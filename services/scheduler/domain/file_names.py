"""Names of produced files: tags filled from the instant a run stands for; a name is one safe component."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo

from services.scheduler.domain.errors import BadFileName

STORE_TAG = "{mag x}"
MAX_BYTES = 255
STORE_BYTES = 32  #: room kept for a store's code
TAG = re.compile(r"\{[^{}]*\}")
FORBIDDEN = re.compile(r"[/\\<>:\"|?*]")
#: Names that some servers keep for devices, whatever the extension.
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])")
ENGLISH_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

#: What each tag becomes; `{i}` is the minute and `{j}` the English name of the day, as they always were.
TAGS: Mapping[str, Callable[[datetime], str]] = {
    "{y}": lambda at: f"{at.year:04d}",
    "{y2}": lambda at: f"{at.year % 100:02d}",
    "{m}": lambda at: f"{at.month:02d}",
    "{d}": lambda at: f"{at.day:02d}",
    "{j}": lambda at: ENGLISH_DAYS[at.weekday()],
    "{h}": lambda at: f"{at.hour:02d}",
    "{i}": lambda at: f"{at.minute:02d}",
    "{s}": lambda at: f"{at.second:02d}",
}


def is_clean(text: str) -> bool:
    """True where it holds no character that nobody sees: control, formatting, surrogate. Every space is fine."""
    return not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in text)


def check_file_name(pattern: str, *, splits_by_store: bool) -> None:
    """Raises `BadFileName`, saying why, unless every name that can come of it is one safe component."""
    for tag in TAG.findall(pattern):
        if tag == STORE_TAG:
            if not splits_by_store:
                raise BadFileName(f"`{STORE_TAG}` makes one file per store, which this type cannot; remove it")
        elif tag not in TAGS:
            raise BadFileName(f"`{tag}` is not a tag; the tags are {' '.join((*TAGS, STORE_TAG))}")
    bare = TAG.sub("", pattern)
    if "{" in bare or "}" in bare:
        raise BadFileName("a `{` or `}` stands alone; tags are written like `{y}`")
    if not is_clean(bare):
        raise BadFileName("a control character may not stand in a file name")
    if found := FORBIDDEN.search(bare):
        raise BadFileName(f"`{found.group()}` may not stand in a file name")
    if not pattern or pattern.strip(". ") == "":
        raise BadFileName("write a name, e.g. `export-{y}-{m}-{d}.csv`")
    if pattern != pattern.strip() or pattern.endswith("."):
        raise BadFileName("a file name may not begin or end with a space, nor end with a dot")
    if RESERVED.fullmatch(pattern.split(".")[0].rstrip()):
        raise BadFileName(f"`{pattern.split('.')[0]}` is the name of a device; choose another")
    if _longest(pattern) > MAX_BYTES:
        raise BadFileName(f"the name can grow to {_longest(pattern)} bytes; keep it within {MAX_BYTES}")


def expand_file_name(pattern: str, nominal_time: datetime, zone: tzinfo) -> str:
    """Fills the tags as the zone's clocks show the instant. `{mag x}` stays: whoever writes the files fills it."""
    shown = nominal_time.astimezone(zone)
    return TAG.sub(lambda tag: TAGS[tag.group()](shown) if tag.group() in TAGS else tag.group(), pattern)


def _longest(pattern: str) -> int:
    widest = {tag: 4 if tag == "{y}" else 9 if tag == "{j}" else 2 for tag in TAGS} | {STORE_TAG: STORE_BYTES}
    return len(TAG.sub("", pattern).encode()) + sum(widest[tag] for tag in TAG.findall(pattern))
