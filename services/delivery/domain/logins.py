"""What proves who we are at a far end, and the ways to log in that it allows."""

from dataclasses import dataclass, field

from services.delivery.domain.failures import SecretLost

KEY_SCHEME = "privkey://"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Secrets. Never shown: they stay out of representations."""

    password: str | None = field(repr=False, default=None)
    private_key: str | None = field(repr=False, default=None)
    passphrase: str | None = field(repr=False, default=None)
    unreadable: bool = False  #: secrets are stored, but the key ring no longer opens them

    def checked_password(self) -> str:
        """The password, empty where none is stored. Raises `SecretLost`."""
        if self.unreadable:
            raise SecretLost
        return self.password or ""

    def hidden_in(self, answer: str) -> str:
        """A server's answer to a login; some say back what they do not understand."""
        return answer.replace(self.password, "***") if self.password and len(self.password) > 3 else answer


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLogin:
    """Log in with the destination's private key."""

    private_key: str = field(repr=False)
    passphrase: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordLogin:
    """Log in with a password."""

    password: str = field(repr=False)


def wants_key(password: str | None) -> bool:
    """Whether the password field holds the form `privkey://[name][:passphrase]` instead of a password."""
    return password is not None and password.startswith(KEY_SCHEME)


def ways_to_log_in(login: Login) -> tuple[KeyLogin | PasswordLogin, ...]:
    """The ways to try, in their order; empty where nothing usable is stored. Raises `SecretLost`."""
    if login.unreadable:
        raise SecretLost
    passphrase = login.passphrase
    password = login.password
    if password is not None and password.startswith(KEY_SCHEME):
        _, colon, typed = password.removeprefix(KEY_SCHEME).partition(":")
        passphrase, password = (typed if colon and typed else passphrase), None
    ways: list[KeyLogin | PasswordLogin] = []
    if login.private_key:
        ways.append(KeyLogin(private_key=login.private_key, passphrase=passphrase or None))
    if password:
        ways.append(PasswordLogin(password=password))
    return tuple(ways)
