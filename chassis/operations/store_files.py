"""Names of files made one a store: a code, whatever it holds, leaves its folder nowhere and takes no other's name."""

import re
import unicodedata

from chassis.errors import FieldProblem, InvalidInput
from chassis.file_names import alike

STORE_TAG = "{mag x}"
LONGEST_NAME = 255  #: bytes of UTF-8, what common file systems take
FORBIDDEN = frozenset('/\\<>:"|?*%{}')
UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  #: Unicode categories of what nobody sees
#: Names that some servers keep for devices, whatever the extension.
DEVICE = re.compile(r"(?i)(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])")


class StoreFiles:
    """Names the files of one attempt; some servers take names that differ in case, or in how an accent is written,
    for one.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._stores: dict[str, str] = {}

    def name(self, store: str) -> str:
        """The name of a store's file. Raises `InvalidInput` where another store's bears it too."""
        name = store_file_name(self._pattern, store)
        twin = self._stores.setdefault(alike(name), store)
        if twin != store:
            raise _refused(f"the files of the stores {twin!r} and {store!r} would both be {name}; rename one store")
        return name


def store_file_name(pattern: str, store: str) -> str:
    """The pattern with the store's code in it. Raises `InvalidInput` where no name comes of it.

    Signs that may not stand in a name are written as `%2F`: different codes make different names.
    """
    name = pattern.replace(STORE_TAG, _safe(store)) if STORE_TAG in pattern else pattern
    if name.strip() in ("", ".", "..") or name != name.strip() or name.endswith("."):
        raise _refused(f"the store {store!r} leaves no name; write more than {STORE_TAG}")
    if DEVICE.fullmatch(name.split(".")[0].rstrip()):
        raise _refused(f"the store {store!r} makes {name}, the name of a device; write more than {STORE_TAG}")
    if len(name.encode()) > LONGEST_NAME:
        raise _refused(f"the store {store[:50]!r} makes a name of more than {LONGEST_NAME} bytes; shorten it")
    return name


def _safe(store: str) -> str:
    inner = store.strip(". ")
    start = store.index(inner) if inner else len(store)
    return "".join(
        _escaped(sign)
        if not start <= place < start + len(inner) or sign in FORBIDDEN or unicodedata.category(sign) in UNSEEN
        else sign
        for place, sign in enumerate(store)
    )


def _escaped(sign: str) -> str:
    return "".join(f"%{byte:02X}" for byte in sign.encode(errors="surrogatepass"))


def _refused(why: str) -> InvalidInput:
    return InvalidInput(FieldProblem("task.file_name", why))
