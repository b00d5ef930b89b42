"""Logging in to an SSH server that has proved who it is: by key, by password, by a question for the password."""

from collections.abc import Sequence

import paramiko

from services.delivery.domain.destinations import Sftp
from services.delivery.domain.failures import (
    CarryFailed,
    ConnectionLost,
    KeyRefused,
    NotAnSftpServer,
    NotLoggedIn,
    TimedOut,
)
from services.delivery.domain.logins import PasswordLogin

QUESTIONS = "keyboard-interactive"


def log_in(sftp: Sftp, transport: paramiko.Transport, ways: Sequence[paramiko.PKey | PasswordLogin]) -> None:
    """Tries each way; a server may ask for key and password both."""
    refused: CarryFailed | None = None
    for way in ways:
        try:
            if isinstance(way, PasswordLogin):
                _by_password(sftp, transport, way.password)
            else:
                transport.auth_publickey(sftp.user_name, way)
        except paramiko.AuthenticationException as error:
            refused = _why(sftp, way, error)
            if not isinstance(refused, NotLoggedIn | KeyRefused):
                raise refused from error
        else:
            refused = None
        if transport.is_authenticated():
            return
    raise refused or NotLoggedIn(sftp.user_name, sftp.host, "it asks for more than what is stored")


def _by_password(sftp: Sftp, transport: paramiko.Transport, password: str) -> None:
    try:
        transport.auth_password(sftp.user_name, password, fallback=False)
    except paramiko.BadAuthenticationType as error:
        if QUESTIONS not in error.allowed_types:
            raise
        answers = _Answers(password)
        try:
            transport.auth_interactive(sftp.user_name, answers.give)
        except paramiko.AuthenticationException:
            if answers.unanswered:
                raise NotLoggedIn(sftp.user_name, sftp.host, f"it asks: {answers.unanswered}") from error
            raise


class _Answers:
    """Answers one question, for what must not be shown, with the password; others have no answer here."""

    def __init__(self, password: str) -> None:
        self._password: str | None = password
        self.unanswered = ""

    def give(self, title: str, instructions: str, prompts: Sequence[tuple[str, bool]]) -> list[str]:
        """Called by paramiko for each round of questions; some rounds have none."""
        if len(prompts) == 1 and not prompts[0][1] and self._password is not None:
            password, self._password = self._password, None
            return [password]
        if prompts:
            self.unanswered = " ".join(prompts[-1][0].split())[:80]
        return ["" for _ in prompts]


def _why(sftp: Sftp, way: paramiko.PKey | PasswordLogin, error: paramiko.AuthenticationException) -> CarryFailed:
    words = " ".join(str(error).split())[:200]
    if "timeout" in words.lower():
        return TimedOut(sftp.host, sftp.port, "login")
    if "transport shut down" in words:
        return ConnectionLost(sftp.host, sftp.port, "it hung up during the login")
    if isinstance(way, PasswordLogin):
        return NotLoggedIn(sftp.user_name, sftp.host, words)
    if "agree on a pubkey algorithm" in words:
        return NotAnSftpServer(
            sftp.host, sftp.port, "it takes RSA keys with SHA-1 signatures only (ssh-rsa); an Ed25519 key may do"
        )
    return KeyRefused(sftp.user_name, sftp.host)
