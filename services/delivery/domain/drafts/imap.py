"""A folder of an IMAP account, as a person types it."""

from dataclasses import dataclass
from typing import ClassVar

from chassis.errors import FieldProblem
from services.delivery.domain.destinations import Imap, Security
from services.delivery.domain.drafts.fields import bare_host, problem
from services.delivery.domain.drafts.tls_server import TlsServerDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapDraft(TlsServerDraft):
    """Its fields, unchecked. Levels of its folder are separated by `/`; empty: INBOX."""

    NAME = "imap"
    PORTS: ClassVar = {Security.NONE: 143, Security.EXPLICIT: 143, Security.IMPLICIT: 993}
    PORTS_IN_WORDS = "993, with EXPLICIT or NONE 143"
    USUAL = Security.IMPLICIT

    @classmethod
    def of(cls, imap: Imap) -> "ImapDraft":
        """What a person would have typed."""
        return cls.typed(imap)

    def login_problems(self) -> list[FieldProblem]:
        """What is missing to log in."""
        return [] if self.password else [problem("imap.password", "give the password")]

    def method(self) -> Imap:
        """The folder, once there are no problems."""
        return Imap(
            host=bare_host(self.host),
            port=self.real_port,
            user_name=self.user_name,
            security=self.protection,
            trust=self.trust,
            folder=self.folder,
            login=self.login,
        )
