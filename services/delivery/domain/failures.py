"""Why a file could not be carried. A failure names its facts; the catalogue has its sentence and its remedy.

CarryFailed
├── FarEndFailed            nothing more can be sent there now
│   ├── UnknownHost, HostNotAllowed, ConnectionRefused, TimedOut, ConnectionLost, NotAnSftpServer
│   ├── HostKeyChanged
│   ├── NotLoggedIn, KeyRefused
│   ├── KeyUnreadable, KeyNeedsPassphrase, KeyTypeNotSupported, KeyMissing, SecretLost
│   └── FolderMissing, FolderNotAllowed, NoPermission, DiskFull
└── FileFailed              this file only; the next may pass
    └── NotVerified, RefusedByServer, SpoolFileDamaged, HeldBack, SiteNotNormal
"""

from services.delivery.domain.errors import DeliveryError


class CarryFailed(DeliveryError):
    """A file could not be carried."""

    def __init__(self, sentence: str, **facts: str) -> None:
        super().__init__(sentence)
        self.facts = facts  #: what the catalogue's sentence is filled with


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


class ConnectionRefused(FarEndFailed):
    """Nobody listens, or the network says no."""

    def __init__(self, host: str, port: int, answer: str) -> None:
        super().__init__(f"{host}:{port} refused the connection: {answer}", host=host, port=str(port), answer=answer)


class TimedOut(FarEndFailed):
    """The server did not answer in time."""

    def __init__(self, host: str, port: int, phase: str) -> None:
        super().__init__(f"{host}:{port} did not answer in time ({phase})", host=host, port=str(port), phase=phase)


class ConnectionLost(FarEndFailed):
    """The connection ended in the middle."""

    def __init__(self, host: str, port: int, answer: str) -> None:
        super().__init__(f"{host}:{port} ended the connection: {answer}", host=host, port=str(port), answer=answer)


class NotAnSftpServer(FarEndFailed):
    """What answers does not speak SSH with SFTP as we do."""

    def __init__(self, host: str, port: int, answer: str) -> None:
        super().__init__(f"{host}:{port} does not speak SFTP: {answer}", host=host, port=str(port), answer=answer)


class HostKeyChanged(FarEndFailed):
    """The server is not who it was."""

    def __init__(self, host: str, fingerprint: str) -> None:
        super().__init__(f"{host} now presents {fingerprint}", host=host, fingerprint=fingerprint)
        self.host, self.fingerprint = host, fingerprint


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


class FolderMissing(FarEndFailed):
    """The folder does not exist and cannot be made."""

    def __init__(self, folder: str, answer: str) -> None:
        super().__init__(f"the folder {folder} is missing: {answer}", folder=folder, answer=answer)


class FolderNotAllowed(FarEndFailed):
    """The folder is outside of the allowed roots, or a link leads there."""

    def __init__(self, folder: str) -> None:
        super().__init__(f"the folder {folder} is not below an allowed root, or a link leads to it", folder=folder)


class NoPermission(FarEndFailed):
    """The far end does not let us write."""

    def __init__(self, path: str, answer: str) -> None:
        super().__init__(f"no permission for {path}: {answer}", path=path, answer=answer)


class DiskFull(FarEndFailed):
    """The far end has no room."""

    def __init__(self, path: str, answer: str) -> None:
        super().__init__(f"no room for {path}: {answer}", path=path, answer=answer)


class NotVerified(FileFailed):
    """What arrived is not as long as what was sent."""

    def __init__(self, file_name: str, sent: int, arrived: int) -> None:
        super().__init__(
            f"{file_name}: {sent} bytes were sent, {arrived} arrived",
            file_name=file_name,
            sent=str(sent),
            arrived=str(arrived),
        )


class RefusedByServer(FileFailed):
    """The far end refused this file, in its own words."""

    def __init__(self, path: str, answer: str) -> None:
        super().__init__(f"{path} was refused: {answer}", path=path, answer=answer)


class SpoolFileDamaged(FileFailed):
    """The file in the spool is missing or no longer what was staged."""

    def __init__(self, file_name: str, path: str) -> None:
        super().__init__(f"{file_name} is damaged or missing in the spool ({path})", file_name=file_name, path=path)


class HeldBack(FileFailed):
    """An older file of the same name has to arrive first, else it would later overwrite this one."""

    def __init__(self, file_name: str, answer: str) -> None:
        super().__init__(
            f"{file_name} waits for an older file of the same name: {answer}", file_name=file_name, answer=answer
        )


class SiteNotNormal(FileFailed):
    """An older file of the same name has to arrive first, and its site's mode lets nothing leave by itself."""

    def __init__(self, file_name: str, site: str) -> None:
        super().__init__(
            f"{file_name} waits for an older file of the same name, which the mode of site {site} holds back",
            file_name=file_name,
            site=site,
        )
