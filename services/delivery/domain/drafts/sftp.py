"""An SFTP server, as a person types it."""

from dataclasses import dataclass, field

from chassis.errors import FieldProblem
from services.delivery.domain.destinations import Sftp
from services.delivery.domain.drafts.fields import (
    bare_host,
    folder_problems,
    host_problems,
    port_problems,
    problem,
    secret_problems,
    user_problems,
)
from services.delivery.domain.host_keys import HostKeyPin, host_key_problem
from services.delivery.domain.logins import Login, wants_key

PORT = 22


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpDraft:
    """Its fields, unchecked."""

    host: str = ""
    port: int = 0  #: 0: 22
    user_name: str = ""
    host_key: str = ""
    folder: str = ""
    password: str = field(default="", repr=False)
    private_key: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)

    @classmethod
    def of(cls, sftp: Sftp) -> "SftpDraft":
        """What a person would have typed."""
        return cls(
            host=sftp.host,
            port=0 if sftp.port == PORT else sftp.port,
            user_name=sftp.user_name,
            host_key="" if sftp.host_key is None else sftp.host_key.text,
            folder=sftp.folder,
            password=sftp.login.password or "",
            private_key=sftp.login.private_key or "",
            passphrase=sftp.login.passphrase or "",
        )

    def problems(self, *, pinned: bool) -> list[FieldProblem]:
        """What is wrong with it. Its host key may be left out only while somebody finds out what it is."""
        secrets = {"password": self.password, "private_key": self.private_key, "passphrase": self.passphrase}
        problems = [
            *host_problems("sftp.host", self.host),
            *port_problems("sftp.port", self.port, str(PORT)),
            *user_problems("sftp.user_name", self.user_name),
            *folder_problems("sftp.folder", self.folder),
            *secret_problems({f"sftp.{name}": secret for name, secret in secrets.items()}),
        ]
        pin = self.host_key.strip()
        wrong = host_key_problem(pin)
        if wrong is not None and (pin or pinned):
            problems.append(problem("sftp.host_key", wrong))
        return problems

    def login_problems(self) -> list[FieldProblem]:
        """What is missing to log in."""
        if wants_key(self.password) and not self.private_key:
            return [problem("sftp.private_key", "the password says privkey://, so give the private key here")]
        if not self.password and not self.private_key:
            return [problem("sftp.password", "give a password, or a private key in `private_key`")]
        return []

    def method(self) -> Sftp:
        """The server, once there are no problems."""
        pin = self.host_key.strip()
        return Sftp(
            host=bare_host(self.host),
            port=self.port or PORT,
            user_name=self.user_name,
            host_key=HostKeyPin(pin) if pin else None,
            folder=self.folder,
            login=Login(
                password=self.password or None,
                private_key=self.private_key or None,
                passphrase=self.passphrase or None,
            ),
        )
