"""Asks an SFTP server for the hash of a file (draft-ietf-secsh-filexfer-extensions-00, 3), where it can tell it."""

from collections.abc import Generator, Mapping
from enum import Enum

from services.delivery.gateways.sftp.jobs import Ask, Command
from services.delivery.gateways.sftp.wire import (
    EXTENDED_REPLY,
    NO_ATTRIBUTES,
    Answer,
    Asked,
    Code,
    Opened,
    ServerStatus,
    long,
    number,
    path,
    string,
)

ADVERTISED = frozenset({b"check-file", b"check-file-name", b"check-file-handle"})
SHA256 = b"sha256"
UNKNOWN = frozenset({Code.UNSUPPORTED, Code.BAD_MESSAGE})  #: how servers answer a form they do not know
WHOLE = long(0) + long(0) + number(0)  #: from the first byte to the last, as one block


class Form(Enum):
    """How servers want to be asked; the draft's names came after the first servers."""

    NAME = b"check-file-name"
    HANDLE = b"check-file-handle"
    OLD = b"check-file"  #: by handle


class Hashing:
    """What is known of a server's way to tell hashes; it is asked in every form until one works."""

    def __init__(self, extensions: Mapping[bytes, bytes]) -> None:
        named = [extensions[name] for name in ADVERTISED & extensions.keys()]
        # Some name their algorithms. paramiko's server has no SHA-256, and hashes longer files in circles.
        self._forms = list(Form) if any(SHA256 in data or b"md5" not in data for data in named) else []

    @property
    def works(self) -> bool:
        """Whether it is worth asking."""
        return bool(self._forms)

    def sha256(self, name: str) -> Generator[Command, Answer, str | None]:
        """The hash of a file, lower-case hexadecimal; None where the server does not tell it."""
        while self._forms:
            form = self._forms[0]
            answer = yield from (self._by_name(name) if form is Form.NAME else self._by_handle(form, name))
            try:
                reader = answer.read(EXTENDED_REPLY)
            except ServerStatus as error:
                if error.code not in UNKNOWN:
                    return None  # about this file: too short for some servers, or taken away
                if form in self._forms:
                    self._forms.remove(form)
                continue
            reader.string()  # the extension, once more
            algorithm, digest = reader.string(), reader.take(reader.left)
            return digest.hex() if algorithm == SHA256 else None
        return None

    def _by_name(self, name: str) -> Generator[Command, Answer, Answer]:
        return (yield Ask(Asked.EXTENDED, string(Form.NAME.value) + path(name) + string(SHA256) + WHOLE))

    def _by_handle(self, form: Form, name: str) -> Generator[Command, Answer, Answer]:
        opened = yield Ask(Asked.OPEN, path(name) + number(Opened.READ) + NO_ATTRIBUTES)
        if opened.refusal is not None:
            return opened
        handle = opened.handle()
        answer = yield Ask(Asked.EXTENDED, string(form.value) + string(handle) + string(SHA256) + WHOLE)
        yield Ask(Asked.CLOSE, string(handle))
        return answer
