"""What an FTP server says of its files: MLSD (RFC 3659), else LIST as Unix and DOS write it, where that is certain."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

UNIX = re.compile(
    r"-\S{9,10}\s+\d+\s+(?:\S+\s+)*?(?P<size>\d{1,18})\s+"  # words, so that no line takes long to be understood
    r"(?:(?P<day>[A-Z][a-z]{2}\s+\d{1,2})\s+(?:\d{1,2}:\d{2}|\d{4})|(?P<iso>\d{4}-\d{2}-\d{2}\s\d{2}:\d{2}(?::\d{2})?))"
    r" (?P<name>.+)",
    re.ASCII,
)
DOS = re.compile(r"(?P<time>\d{2}-\d{2}-\d{2,4}\s+\d{2}:\d{2}(?:[AP]M)?)\s+(?P<size>\d{1,18}) (?P<name>.+)", re.ASCII)
MOMENT = re.compile(r"(\d{14})(?:\.\d{1,9})?", re.ASCII)
LENGTH = re.compile(r"\d{1,18}", re.ASCII)
LONGEST_STAMP = 100  #: characters; what a server tells beyond is of no use, and cannot be stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A regular file, or what MLST says of one name."""

    name: str
    size_bytes: int | None  #: None where it is not told
    time: datetime | None  #: None where it is not told to the second, in UTC
    stamp: str  #: the time as far as it is told, in words that stay the same while the file does


def moment(text: str) -> datetime | None:
    """A time as RFC 3659 writes it."""
    match = MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return datetime.strptime(match[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def length(text: str) -> int | None:
    """A number of bytes."""
    return int(text) if LENGTH.fullmatch(text) else None


def facts_of(line: str) -> tuple[Mapping[str, str], str]:
    """What a line of MLSD or MLST says, and of which name."""
    facts, _, name = line.partition(" ")
    told = (fact.partition("=") for fact in facts.split(";") if fact)
    return {key.lower(): value for key, _, value in told}, name


def told_entry(line: str) -> Entry | None:
    """The regular file of a line of MLSD; None for anything else, links included."""
    facts, name = facts_of(line)
    if facts.get("type", "").lower() != "file" or not name:
        return None
    modified = facts.get("modify", "")
    stamp = "".join(filter(str.isprintable, f"{modified}/{facts.get('unique', '')}"))
    return Entry(
        name=name, size_bytes=length(facts.get("size", "")), time=moment(modified), stamp=stamp[:LONGEST_STAMP]
    )


def listed_entry(line: str) -> Entry | None:
    """The regular file of a line of LIST; None for anything else, and for what is not certain.

    Unix writes the hour or the year, by the age of the file: only the day stays. Times are the server's own.
    """
    match = UNIX.fullmatch(line) or DOS.fullmatch(line)
    if match is None:
        return None
    found = match.groupdict()
    stamp = found.get("day") or found.get("iso") or found.get("time") or ""
    return Entry(name=found["name"], size_bytes=int(found["size"]), time=None, stamp=" ".join(stamp.split()))
