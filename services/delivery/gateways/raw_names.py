"""Names as servers write them, which need not be UTF-8: stored, shown, and said back byte for byte.

Within a gateway such a name is text in which each byte that is no UTF-8 is escaped (PEP 383).
"""

RAW = "bytes:"  #: before the hexadecimal form of a name that is no UTF-8, so that it can be stored


def container_of(name: str) -> str:
    """A server's name in a form that can be stored: itself, but for what is no UTF-8."""
    raw = name.encode(errors="surrogateescape")
    if name.startswith(RAW) or any(0xDC80 <= ord(sign) <= 0xDCFF for sign in name):
        return RAW + raw.hex()
    return name


def raw_name(container: str) -> str:
    """The server's name again."""
    if container.startswith(RAW):
        return bytes.fromhex(container.removeprefix(RAW)).decode(errors="surrogateescape")
    return container


def shown_name(container: str) -> str:
    """The name for people and consumers; what is no UTF-8 comes from a Windows of old."""
    raw = raw_name(container).encode(errors="surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")
