"""Why mail says no.

BackroomError
├── NoConsent      the client has not agreed to receive tickets by e-mail
├── NoAddress      the client has no e-mail address that could be right
└── MailMoved      somebody else moved the mail on; what was about to happen to it must not
"""

from uuid import UUID

from chassis.errors import BackroomError


class NoConsent(BackroomError):
    """The client has not agreed to receive tickets by e-mail."""

    def __init__(self, client: str) -> None:
        super().__init__(
            f"client {client} has not agreed to receive tickets by e-mail; record the consent, or give the recipients"
        )
        self.client = client


class NoAddress(BackroomError):
    """The client has no e-mail address that could be right."""

    def __init__(self, client: str) -> None:
        super().__init__(
            f"client {client} has no valid e-mail in the billing address or at the main contact; "
            "correct the client, or give the recipients"
        )
        self.client = client


class MailMoved(BackroomError):
    """Somebody else moved the mail on."""

    def __init__(self, mail: UUID) -> None:
        super().__init__(f"mails/{mail} is no longer as it was read; get it again to see what became of it")
        self.mail = mail
