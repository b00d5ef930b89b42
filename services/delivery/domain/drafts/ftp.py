"""An FTP server, as a person types it."""

from dataclasses import dataclass, replace
from typing import ClassVar

from chassis.errors import FieldProblem
from services.delivery.domain.destinations import Ftp, Security
from services.delivery.domain.drafts.fields import bare_host, problem
from services.delivery.domain.drafts.tls_server import TlsServerDraft

ANONYMOUS = ("anonymous", "ftp")  #: user names that servers let in without a password


@dataclass(frozen=True, slots=True, kw_only=True)
class FtpDraft(TlsServerDraft):
    """Its fields, unchecked. Its folder is absolute or relative to the login's; empty: the login's."""

    NAME = "ftp"
    PORTS: ClassVar = {Security.NONE: 21, Security.EXPLICIT: 21, Security.IMPLICIT: 990}
    PORTS_IN_WORDS = "21, with IMPLICIT 990"
    USUAL = Security.EXPLICIT

    active: bool = False  #: the server connects to us for data

    @classmethod
    def of(cls, ftp: Ftp) -> "FtpDraft":
        """What a person would have typed."""
        return replace(cls.typed(ftp), active=ftp.active)

    def login_problems(self) -> list[FieldProblem]:
        """What is missing to log in."""
        if not self.password and self.user_name.lower() not in ANONYMOUS:
            return [problem("ftp.password", "give the password")]
        return []

    def method(self) -> Ftp:
        """The server, once there are no problems."""
        return Ftp(
            host=bare_host(self.host),
            port=self.real_port,
            user_name=self.user_name,
            security=self.protection,
            trust=self.trust,
            active=self.active,
            folder=self.folder,
            login=self.login,
        )
