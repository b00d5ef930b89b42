"""What programs take a file for, told by its name."""

import mimetypes
from typing import Final

#: Only what Python itself knows, so that every machine guesses the same.
TYPES: Final = mimetypes.MimeTypes()
COMPRESSED: Final = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
ANY_FILE: Final = "application/octet-stream"


def media_type(file_name: str) -> str:
    """Guessed from the name. What itself would be read as a message or its parts may not be base64 (RFC 2045 6.4)."""
    kind, compression = TYPES.guess_type(file_name)
    if compression is not None:
        return COMPRESSED.get(compression, ANY_FILE)
    return ANY_FILE if kind is None or kind.startswith(("message/", "multipart/")) else kind
