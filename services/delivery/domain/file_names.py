"""What may be a file's name at the far end: exactly one path component, printable, of bounded length."""

import unicodedata

LONGEST_NAME = 255  #: bytes of UTF-8, what common file systems take
#: Signs that end lines or turn the reading direction: with them a name shows as another.
MISLEADING = frozenset("\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def file_name_problem(name: str) -> str | None:
    """What is wrong with the name and what to do, or None where it may be used."""
    if not name:
        return "give the name the file has at the far end"
    if name in {".", ".."}:
        return f"{name!r} is a folder, not a file; give a file name"
    if any(sign in name for sign in "/\\"):
        return "a file name is one component; take out / and \\"
    if any(unicodedata.category(sign) in {"Cc", "Cs"} or sign in MISLEADING for sign in name):
        return "take out control characters such as line ends, NUL and marks of the reading direction"
    if len(name.encode()) > LONGEST_NAME:
        return f"shorten the name to at most {LONGEST_NAME} bytes of UTF-8"
    return None
