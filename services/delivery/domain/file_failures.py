"""Why one file could not be carried, while the next may pass. The tree stands in failures.py."""

from services.delivery.domain.failures import FileFailed


class NotVerified(FileFailed):
    """What arrived is not what was sent: another length, or, where the server tells it, another hash."""

    def __init__(self, file_name: str, sent: int, arrived: int) -> None:
        super().__init__(
            f"{file_name}: {sent} bytes were sent, {arrived} arrived",
            file_name=file_name,
            sent=str(sent),
            arrived=str(arrived),
        )


class HashNotVerified(FileFailed):
    """What arrived is as long as what was sent, and is not the same."""

    def __init__(self, file_name: str) -> None:
        super().__init__(f"{file_name} arrived with another content than was sent", file_name=file_name)


class TemporaryMissing(FileFailed):
    """The far end says that there is nothing of the name that was to be renamed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the far end has no file {name}", name=name)


class AlreadyThere(FileFailed):
    """The far end has a file of that name, which must not be replaced."""

    def __init__(self, file_name: str) -> None:
        super().__init__(f"there is a file {file_name} already, which must not be replaced", file_name=file_name)


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
        super().__init__(f"{file_name} waits for an older file of the same name: {answer}", file_name=file_name)


class SiteNotNormal(FileFailed):
    """An older file of the same name has to arrive first, and its site's mode lets nothing leave by itself."""

    def __init__(self, file_name: str, site: str) -> None:
        super().__init__(
            f"{file_name} waits for an older file of the same name, which the mode of site {site} holds back",
            file_name=file_name,
            site=site,
        )


class TooLargeForMail(FileFailed):
    """The file is larger than what is sent by e-mail."""

    def __init__(self, file_name: str, size: int, most: int) -> None:
        super().__init__(
            f"{file_name} has {size} bytes, mail takes {most}", file_name=file_name, size=str(size), most=str(most)
        )


class MailWaiting(FileFailed):
    """The message is stored and has not left yet; it is asked after again, not sent again."""

    def __init__(self, mail: str, answer: str) -> None:
        super().__init__(f"{mail} has not left yet: {answer}", mail=mail, answer=answer)


class MailRefused(FileFailed):
    """The message was refused for good, or given up; another try is another message."""

    def __init__(self, mail: str, answer: str) -> None:
        super().__init__(f"{mail} was refused: {answer}", mail=mail, answer=answer)


class MailUncertain(FileFailed):
    """The connection broke before the server's answer: the message may have arrived, and a person decides."""

    def __init__(self, mail: str, answer: str) -> None:
        super().__init__(f"{mail} may have arrived: {answer}", mail=mail, answer=answer)
