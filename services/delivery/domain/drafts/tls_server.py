"""What an FTP server and an IMAP account have in common, as a person types it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

from chassis.errors import FieldProblem
from services.delivery.domain.destinations import Ftp, Imap, Security, Trust
from services.delivery.domain.drafts.fields import (
    certificate_problems,
    folder_problems,
    host_problems,
    password_problems,
    port_problems,
    unverified_problems,
    user_problems,
)
from services.delivery.domain.logins import Login


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsServerDraft:
    """Its fields, unchecked."""

    NAME: ClassVar[str]  #: of the method
    PORTS: ClassVar[Mapping[Security, int]]
    PORTS_IN_WORDS: ClassVar[str]
    USUAL: ClassVar[Security]  #: where none is chosen

    host: str = ""
    port: int = 0  #: 0: as the protection has it
    user_name: str = ""
    password: str = field(default="", repr=False)
    security: Security | None = None  #: None: the usual one
    certificate: str = ""  #: PEM
    certificate_unverified: bool = False
    folder: str = ""

    @classmethod
    def typed(cls, server: Ftp | Imap) -> Self:
        """What a person would have typed of these fields."""
        return cls(
            host=server.host,
            port=0 if server.port == cls.PORTS[server.security] else server.port,
            user_name=server.user_name,
            password=server.login.password or "",
            security=server.security,
            certificate=server.trust.certificate,
            certificate_unverified=server.trust.unverified,
            folder=server.folder,
        )

    @property
    def protection(self) -> Security:
        """The protection chosen, or the usual one."""
        return self.security or self.USUAL

    @property
    def real_port(self) -> int:
        """The port given, or the protection's."""
        return self.port or self.PORTS[self.protection]

    @property
    def trust(self) -> Trust:
        """Whose certificates are believed."""
        return Trust(certificate=self.certificate.strip(), unverified=self.certificate_unverified)

    @property
    def login(self) -> Login:
        """With what it is logged in."""
        return Login(password=self.password or None)

    def problems(self) -> list[FieldProblem]:
        """What is wrong with it."""
        where, protection = self.NAME, self.protection
        return [
            *host_problems(f"{where}.host", self.host),
            *port_problems(f"{where}.port", self.port, self.PORTS_IN_WORDS),
            *user_problems(f"{where}.user_name", self.user_name),
            *password_problems(f"{where}.password", self.password),
            *certificate_problems(f"{where}.certificate", self.certificate, protection),
            *unverified_problems(
                f"{where}.certificate_unverified", unverified=self.certificate_unverified, security=protection
            ),
            *folder_problems(f"{where}.folder", self.folder),
        ]
