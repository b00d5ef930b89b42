"""Addresses that get each file as an attachment, as a person types them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.errors import FieldProblem
from services.delivery.domain.destinations import Email, MailServer, Security
from services.delivery.domain.drafts.fields import (
    bare_host,
    host_problems,
    password_problems,
    problem,
    user_problems,
)
from services.delivery.domain.logins import Login
from services.delivery.domain.mail_addresses import mail_address_problem

MOST_RECIPIENTS = 100
LONGEST_SUBJECT = 500
NOT_IN_A_SUBJECT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]|=\?")  #: as mail has it
PORTS: Mapping[Security, int] = {Security.NONE: 25, Security.EXPLICIT: 587, Security.IMPLICIT: 465}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServerDraft:
    """A mail server of a destination's own, unchecked."""

    address: str = ""  #: `host` or `host:port`
    user_name: str = ""  #: empty: no login
    password: str = field(default="", repr=False)
    security: Security | None = None  #: None: EXPLICIT
    sender: str = ""  #: empty: mail's own

    @classmethod
    def of(cls, server: MailServer) -> "MailServerDraft":
        """What a person would have typed."""
        host = f"[{server.host}]" if ":" in server.host else server.host
        return cls(
            address=host if server.port == PORTS[server.security] else f"{host}:{server.port}",
            user_name=server.user_name,
            password=server.login.password or "",
            security=server.security,
            sender=server.sender,
        )

    @property
    def protection(self) -> Security:
        """The protection chosen, or the default."""
        return self.security or Security.EXPLICIT

    def problems(self) -> list[FieldProblem]:
        """What is wrong with it."""
        host, port = host_and_port(self.address)
        problems = host_problems("email.server.address", host)
        if not problems and (port is None or not 0 <= port <= 65535):
            problems = [problem("email.server.address", "give `host` or `host:port`, the port from 1 to 65535")]
        if self.user_name:
            problems += user_problems("email.server.user_name", self.user_name)
        problems += password_problems("email.server.password", self.password)
        if self.password and not self.user_name:
            problems.append(problem("email.server.user_name", "there is a password, so give the account it is of"))
        if self.user_name and self.protection is Security.NONE:
            problems.append(
                problem("email.server.security", "an account's password is never sent in clear; choose EXPLICIT")
            )
        wrong = mail_address_problem(self.sender) if self.sender else None
        if wrong is not None:
            problems.append(problem("email.server.sender", wrong))
        return problems

    def server(self) -> MailServer:
        """The server, once there are no problems."""
        host, port = host_and_port(self.address)
        return MailServer(
            host=bare_host(host),
            port=port or PORTS[self.protection],
            security=self.protection,
            user_name=self.user_name,
            login=Login(password=self.password or None),
            sender=self.sender,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailDraft:
    """Its fields, unchecked."""

    recipients: tuple[str, ...] = ()
    subject: str = ""
    server: MailServerDraft | None = None

    @classmethod
    def of(cls, email: Email) -> "EmailDraft":
        """What a person would have typed."""
        return cls(
            recipients=email.recipients,
            subject=email.subject,
            server=None if email.server is None else MailServerDraft.of(email.server),
        )

    def problems(self) -> list[FieldProblem]:
        """What is wrong with it."""
        problems: list[FieldProblem] = []
        if not 1 <= len(self.recipients) <= MOST_RECIPIENTS:
            problems.append(problem("email.recipients", f"give 1 to {MOST_RECIPIENTS} addresses"))
        else:
            found = ((place, mail_address_problem(address)) for place, address in enumerate(self.recipients))
            problems += [problem(f"email.recipients[{place}]", wrong) for place, wrong in found if wrong is not None]
        if not 1 <= len(self.subject.strip()) <= LONGEST_SUBJECT or NOT_IN_A_SUBJECT.search(self.subject):
            told = f"give 1 to {LONGEST_SUBJECT} characters on one line, without `=?`, which begins encoded text"
            problems.append(problem("email.subject", told))
        return problems if self.server is None else problems + self.server.problems()

    def login_problems(self) -> list[FieldProblem]:
        """What is missing to log in."""
        if self.server is not None and self.server.user_name and not self.server.password:
            return [problem("email.server.password", "give the password of the account")]
        return []

    def method(self) -> Email:
        """The addresses, once there are no problems."""
        return Email(
            recipients=self.recipients,
            subject=self.subject.strip(),
            server=None if self.server is None else self.server.server(),
        )


def host_and_port(address: str) -> tuple[str, int | None]:
    """`host:port` in its parts; the port is 0 where none is given, and None where what is given is none."""
    text = address.strip()
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        return text, 0
    if ":" in host and not host.startswith("["):  # `::1`: an address whose end would be taken for a port
        return text, None
    return host, int(port) if port.isascii() and port.isdigit() and len(port) <= 5 and int(port) else None
