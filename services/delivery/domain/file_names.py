"""What may be a file's name at the far end: exactly one path component, printable, of bounded length."""

import unicodedata

LONGEST_NAME = 255  #: bytes of UTF-8, what common file systems take


def file_name_problem(name: str) -> str | None:
    """What is wrong with the name and what to do, or None where it may be used."""
    if not name:
        return "give the name the file has at the far end"
    if name in {".", ".."}:
        return f"{name!r} is a folder, not a file; give a file name"
    if any(sign in name for sign in "/\\"):
        return "a file name is one component; take out / and \\"
    if any(unicodedata.category(sign) in {"Cc", "Cs"} for sign in name):
        return "take out control characters such as line ends and NUL"
    if len(name.encode()) > LONGEST_NAME:
        return f"shorten the name to at most {LONGEST_NAME} bytes of UTF-8"
    return None
