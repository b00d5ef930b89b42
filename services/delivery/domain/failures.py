"""Why a file could not be carried. A failure names its facts; the catalogue has its sentence and its remedy.

CarryFailed
├── FarEndFailed            nothing more can be sent there now
│   ├── UnknownHost, HostNotAllowed, PortNotAllowed, ConnectionRefused, TimedOut, ConnectionLost
│   ├── NotAnSftpServer, NotAnFtpServer, NotAnImapServer
│   ├── HostKeyUnknown, HostKeyChanged, CertificateNotTrusted, TlsRefused
│   ├── NotLoggedIn, KeyRefused
│   ├── KeyUnreadable, KeyNeedsPassphrase, KeyTypeNotSupported, KeyMissing, SecretLost, StoredByNewerRelease
│   ├── FolderMissing, FolderNotAllowed, TooManyFiles, NotAFolder, NoPermission, DiskFull, CannotRename
│   └── MailAway
└── FileFailed              this file only; the next may pass (file_failures.py)
    ├── NotVerified, HashNotVerified, TemporaryMissing, AlreadyThere, RefusedByServer
    ├── SpoolFileDamaged, HeldBack, SiteNotNormal
    └── TooLargeForMail, MailWaiting, MailRefused, MailUncertain
"""

import re
from typing import Literal

from services.delivery.domain.errors import DeliveryError

UNTELLABLE = re.compile("[\0\ud800-\udfff]")  #: NUL and halves of surrogate pairs: no text of a database holds them
#: What a server was silent to; each is a key of the catalogue.
Phase = Literal["connect", "greeting", "login", "session", "answer", "data"]


class CarryFailed(DeliveryError):
    """A file could not be carried."""

    def __init__(self, sentence: str, **facts: str) -> None:
        super().__init__(sentence)
        #: What the catalogue's sentence is filled with. A server's words may hold what can be neither stored nor sent.
        self.facts = {name: UNTELLABLE.sub("\ufffd", fact) for name, fact in facts.items()}


class FarEndFailed(CarryFailed):
    """Nothing more can be sent there now."""


class FileFailed(CarryFailed):
    """This file could not be carried; the next may pass."""


class UnknownHost(FarEndFailed):
    """No address belongs to the name."""

    def __init__(self, host: str) -> None:
        super().__init__(f"no address was found for {host}", host=host)


class HostNotAllowed(FarEndFailed):
    """The address lies where delivery must not call."""

    def __init__(self, host: str, address: str) -> None:
        super().__init__(f"{host} is {address}, where delivery may not call", host=host, address=address)


class PortNotAllowed(FarEndFailed):
    """The port is none of those that delivery may call."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(f"{host}:{port} is at a port that delivery may not call", host=host, port=str(port))


class ConnectionRefused(FarEndFailed):
    """Nobody listens, or the network says no."""

    def __init__(self, host: str, port: int, answer: str) -> None:
        super().__init__(f"{host}:{port} refused the connection: {answer}", host=host, port=str(port), answer=answer)


class TimedOut(FarEndFailed):
    """The server did not answer in time."""

    def __init__(self, host: str, port: int, phase: Phase) -> None:
        super().__init__(f"{host}:{port} did not answer in time ({phase})", host=host, port=str(port), phase=phase)


class ConnectionLost(FarEndFailed):
    """The connection ended in the middle."""

    def __init__(self, host: str, port: int, answer: str) -> None:
        super().__init__(f"{host}:{port} ended the connection: {answer}", host=host, port=str(port), answer=answer)


class NotAnSftpServer(FarEndFailed):
    """What answers does not speak SSH with SFTP as we do."""

    def __init__(self, host: str, port: int, answer: str) -> None:
        super().__init__(f"{host}:{port} does not speak SFTP: {answer}", host=host, port=str(port), answer=answer)


class NotAnFtpServer(FarEndFailed):
    """What answers does not speak FTP as we do."""

    def __init__(self, host: str, port: int, answer: str) -> None:
        super().__init__(f"{host}:{port} does not speak FTP: {answer}", host=host, port=str(port), answer=answer)


class NotAnImapServer(FarEndFailed):
    """What answers does not speak IMAP as we do."""

    def __init__(self, host: str, port: int, answer: str) -> None:
        super().__init__(f"{host}:{port} does not speak IMAP: {answer}", host=host, port=str(port), answer=answer)


class HostKeyUnknown(FarEndFailed):
    """Nobody has approved the server's key yet."""

    def __init__(self, host: str, fingerprint: str, host_key: str) -> None:
        super().__init__(
            f"{host} presents {fingerprint}, which nobody has approved", host=host, fingerprint=fingerprint
        )
        self.fingerprint = fingerprint
        self.host_key = host_key  #: in the form of a known_hosts entry, without the host


class HostKeyChanged(FarEndFailed):
    """The server is not who it was."""

    def __init__(self, host: str, fingerprint: str, host_key: str = "") -> None:
        super().__init__(f"{host} now presents {fingerprint}", host=host, fingerprint=fingerprint)
        self.host, self.fingerprint = host, fingerprint
        self.host_key = host_key  #: in the form of a known_hosts entry, without the host; empty where it was not shown


class CertificateNotTrusted(FarEndFailed):
    """The server's certificate is not believed."""

    def __init__(self, host: str, answer: str) -> None:
        super().__init__(f"the certificate of {host} is not trusted: {answer}", host=host, answer=answer)


class TlsRefused(FarEndFailed):
    """The server does not protect the connection as the destination asks; it is never continued in clear."""

    def __init__(self, host: str, port: int, answer: str) -> None:
        super().__init__(f"{host}:{port} does not offer TLS: {answer}", host=host, port=str(port), answer=answer)


class NotLoggedIn(FarEndFailed):
    """The server refuses the user name or the password."""

    def __init__(self, user_name: str, host: str, answer: str) -> None:
        super().__init__(
            f"{host} refused the login of {user_name}: {answer}", user_name=user_name, host=host, answer=answer
        )


class KeyRefused(FarEndFailed):
    """The key was read and used; the server refuses it."""

    def __init__(self, user_name: str, host: str) -> None:
        super().__init__(
            f"Permission denied (public key): {host} does not know the key of {user_name}",
            user_name=user_name,
            host=host,
        )


class KeyUnreadable(FarEndFailed):
    """The key cannot be understood; most often the passphrase is wrong."""

    def __init__(self) -> None:
        super().__init__("invalid data type: the private key cannot be read; most often its passphrase is wrong")


class KeyNeedsPassphrase(FarEndFailed):
    """The key is protected, and no passphrase was given."""

    def __init__(self) -> None:
        super().__init__("private key is encrypted but passphrase is empty")


class KeyTypeNotSupported(FarEndFailed):
    """The key is of a kind that is not used any more, or in a form that is not read."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"openssh key type : {kind} is not supported", kind=kind)


class KeyMissing(FarEndFailed):
    """The password asks for a private key, and the destination has none."""

    def __init__(self) -> None:
        super().__init__("the password says privkey:// and no private key is stored")


class SecretLost(FarEndFailed):
    """The stored secrets were encrypted with a key that is gone."""

    def __init__(self) -> None:
        super().__init__("the destination's stored secrets cannot be read any more; enter them again")


class StoredByNewerRelease(FarEndFailed):
    """A newer release has stored the destination, in a way that this one does not understand."""

    def __init__(self, destination: str) -> None:
        super().__init__(f"{destination} was stored by a newer release", destination=destination)


class FolderMissing(FarEndFailed):
    """The folder does not exist and cannot be made."""

    def __init__(self, folder: str, answer: str) -> None:
        super().__init__(f"the folder {folder} is missing: {answer}", folder=folder, answer=answer)


class FolderNotAllowed(FarEndFailed):
    """The folder is outside of the allowed roots, or a link leads there."""

    def __init__(self, folder: str) -> None:
        super().__init__(f"the folder {folder} is not below an allowed root, or a link leads to it", folder=folder)


class TooManyFiles(FarEndFailed):
    """The folder lists more than a fetch takes in."""

    def __init__(self, folder: str) -> None:
        super().__init__(f"the folder {folder} holds too many files to be fetched from", folder=folder)


class NotAFolder(FarEndFailed):
    """The destination holds messages; what is sent past the spool needs a folder to grow in."""

    reason = "NOT_A_FOLDER"

    def __init__(self, destination: str) -> None:
        super().__init__(
            f"{destination} takes whole messages, no file that is still being made", destination=destination
        )


class NoPermission(FarEndFailed):
    """The far end does not let us write."""

    def __init__(self, path: str, answer: str) -> None:
        super().__init__(f"no permission for {path}: {answer}", path=path, answer=answer)


class DiskFull(FarEndFailed):
    """The far end has no room."""

    def __init__(self, path: str, answer: str) -> None:
        super().__init__(f"no room for {path}: {answer}", path=path, answer=answer)


class CannotRename(FarEndFailed):
    """The server takes files and renames none."""

    def __init__(self, path: str, answer: str) -> None:
        super().__init__(f"{path} cannot be renamed: {answer}", path=path, answer=answer)


class MailAway(FarEndFailed):
    """The mail service does not answer, or refuses what the destination asks of it."""

    def __init__(self, answer: str) -> None:
        super().__init__(f"mail does not take the message: {answer}", answer=answer)


BROKEN = ConnectionLost, TimedOut, NotAnSftpServer  #: what ends a session in the middle: nothing can be cleaned over it
