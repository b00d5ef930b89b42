"""When two names of files may be one to whoever keeps them."""

import unicodedata


def alike(name: str) -> str:
    """The same for names that differ only in case, or in how an accent is written: some servers take them for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
