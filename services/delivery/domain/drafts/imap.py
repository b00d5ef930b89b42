"""A folder of an IMAP account, as a person types it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.errors import FieldProblem
from services.delivery.domain.destinations import Imap, Security, Trust
from services.delivery.domain.drafts.fields import (
    bare_host,
    certificate_problems,
    folder_problems,
    host_problems,
    password_problems,
    port_problems,
    problem,
    unverified_problems,
    user_problems,
)
from services.delivery.domain.logins import Login

PORTS: Mapping[Security, int] = {Security.NONE: 143, Security.EXPLICIT: 143, Security.IMPLICIT: 993}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapDraft:
    """Its fields, unchecked."""

    host: str = ""
    port: int = 0  #: 0: as the protection has it
    user_name: str = ""
    password: str = field(default="", repr=False)
    security: Security | None = None  #: None: IMPLICIT
    certificate: str = ""  #: PEM
    certificate_unverified: bool = False
    folder: str = ""  #: levels separated by `/`; empty: INBOX

    @classmethod
    def of(cls, imap: Imap) -> "ImapDraft":
        """What a person would have typed."""
        return cls(
            host=imap.host,
            port=0 if imap.port == PORTS[imap.security] else imap.port,
            user_name=imap.user_name,
            password=imap.login.password or "",
            security=imap.security,
            certificate=imap.trust.certificate,
            certificate_unverified=imap.trust.unverified,
            folder=imap.folder,
        )

    @property
    def protection(self) -> Security:
        """The protection chosen, or the default."""
        return self.security or Security.IMPLICIT

    def problems(self) -> list[FieldProblem]:
        """What is wrong with it."""
        return [
            *host_problems("imap.host", self.host),
            *port_problems("imap.port", self.port, "993, with EXPLICIT or NONE 143"),
            *user_problems("imap.user_name", self.user_name),
            *password_problems("imap.password", self.password),
            *certificate_problems("imap.certificate", self.certificate, self.protection),
            *unverified_problems(
                "imap.certificate_unverified", unverified=self.certificate_unverified, security=self.protection
            ),
            *folder_problems("imap.folder", self.folder),
        ]

    def login_problems(self) -> list[FieldProblem]:
        """What is missing to log in."""
        return [] if self.password else [problem("imap.password", "give the password")]

    def method(self) -> Imap:
        """The folder, once there are no problems."""
        return Imap(
            host=bare_host(self.host),
            port=self.port or PORTS[self.protection],
            user_name=self.user_name,
            security=self.protection,
            trust=Trust(certificate=self.certificate.strip(), unverified=self.certificate_unverified),
            folder=self.folder,
            login=Login(password=self.password or None),
        )
