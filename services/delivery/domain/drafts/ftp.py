"""An FTP server, as a person types it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.errors import FieldProblem
from services.delivery.domain.destinations import Ftp, Security, Trust
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

PORTS: Mapping[Security, int] = {Security.NONE: 21, Security.EXPLICIT: 21, Security.IMPLICIT: 990}

ANONYMOUS = ("anonymous", "ftp")  #: user names that servers let in without a password


@dataclass(frozen=True, slots=True, kw_only=True)
class FtpDraft:
    """Its fields, unchecked."""

    host: str = ""
    port: int = 0  #: 0: as the protection has it
    user_name: str = ""
    password: str = field(default="", repr=False)
    security: Security | None = None  #: None: EXPLICIT
    certificate: str = ""  #: PEM
    certificate_unverified: bool = False
    active: bool = False  #: the server connects to us for data
    folder: str = ""  #: absolute or relative to the login's; empty: the login's

    @classmethod
    def of(cls, ftp: Ftp) -> "FtpDraft":
        """What a person would have typed."""
        return cls(
            host=ftp.host,
            port=0 if ftp.port == PORTS[ftp.security] else ftp.port,
            user_name=ftp.user_name,
            password=ftp.login.password or "",
            security=ftp.security,
            certificate=ftp.trust.certificate,
            certificate_unverified=ftp.trust.unverified,
            active=ftp.active,
            folder=ftp.folder,
        )

    @property
    def protection(self) -> Security:
        """The protection chosen, or the default."""
        return self.security or Security.EXPLICIT

    def problems(self) -> list[FieldProblem]:
        """What is wrong with it."""
        return [
            *host_problems("ftp.host", self.host),
            *port_problems("ftp.port", self.port, "21, with IMPLICIT 990"),
            *user_problems("ftp.user_name", self.user_name),
            *password_problems("ftp.password", self.password),
            *certificate_problems("ftp.certificate", self.certificate, self.protection),
            *unverified_problems(
                "ftp.certificate_unverified", unverified=self.certificate_unverified, security=self.protection
            ),
            *folder_problems("ftp.folder", self.folder),
        ]

    def login_problems(self) -> list[FieldProblem]:
        """What is missing to log in."""
        if not self.password and self.user_name.lower() not in ANONYMOUS:
            return [problem("ftp.password", "give the password")]
        return []

    def method(self) -> Ftp:
        """The server, once there are no problems."""
        return Ftp(
            host=bare_host(self.host),
            port=self.port or PORTS[self.protection],
            user_name=self.user_name,
            security=self.protection,
            trust=Trust(certificate=self.certificate.strip(), unverified=self.certificate_unverified),
            active=self.active,
            folder=self.folder,
            login=Login(password=self.password or None),
        )
