"""What the fields of several methods have in common: each check answers the problems of its fields."""

import ipaddress
import warnings
from collections.abc import Mapping

from cryptography import x509

from chassis.errors import FieldProblem
from services.delivery.domain.destinations import Security

LONGEST_FOLDER = 1024
LONGEST_SECRET = 20_000
LONGEST_CERTIFICATE = 100_000
NOT_IN_A_HOST = frozenset(" /@\\?#,;")


def problem(field_name: str, description: str) -> FieldProblem:
    """A problem with a field of the request's destination."""
    return FieldProblem(f"destination.{field_name}", description)


def has_controls(text: str) -> bool:
    """Whether a text holds line ends, NUL or the like."""
    return any(ord(sign) < 32 or ord(sign) == 127 for sign in text)


def bare_host(host: str) -> str:
    """A host without the brackets of an IPv6 address."""
    return host.strip().removeprefix("[").removesuffix("]")


def host_problems(where: str, host: str) -> list[FieldProblem]:
    """What is wrong with a host's name or address. How it leads anywhere is the gate's to judge, not the spelling's."""
    bare = bare_host(host)
    if not 1 <= len(bare) <= 253 or has_controls(bare) or any(sign in NOT_IN_A_HOST for sign in bare):
        return [problem(where, "give a host name or an address, without user, port or path")]
    if ":" in bare:
        try:
            ipaddress.IPv6Address(bare.partition("%")[0])
        except ValueError:
            return [problem(where, "give a host name or an address; the port has a field of its own")]
    return []


def port_problems(where: str, port: int, default: str) -> list[FieldProblem]:
    """What is wrong with a port; 0 stands for the default."""
    return [] if 0 <= port <= 65535 else [problem(where, f"give 1 to 65535, or 0 for {default}")]


def user_problems(where: str, user_name: str) -> list[FieldProblem]:
    """What is wrong with a user name."""
    if 1 <= len(user_name) <= 255 and not has_controls(user_name):
        return []
    return [problem(where, "give the user name, 1 to 255 printable characters")]


def folder_problems(where: str, folder: str) -> list[FieldProblem]:
    """What is wrong with a folder at a server; an empty one is the login's."""
    if len(folder) > LONGEST_FOLDER or has_controls(folder):
        return [problem(where, f"at most {LONGEST_FOLDER} characters, no control characters")]
    return []


def secret_problems(secrets: Mapping[str, str]) -> list[FieldProblem]:
    """What is wrong with secrets, by their fields."""
    return [
        problem(where, f"at most {LONGEST_SECRET} characters, no NUL")
        for where, secret in secrets.items()
        if len(secret) > LONGEST_SECRET or "\0" in secret
    ]


def password_problems(where: str, password: str) -> list[FieldProblem]:
    """What is wrong with a password that is sent on one line."""
    if "\r" in password or "\n" in password:
        return [problem(where, "a password is one line")]
    return secret_problems({where: password})


def certificate_problems(where: str, text: str, security: Security) -> list[FieldProblem]:
    """What is wrong with certificates to trust."""
    if not text.strip():
        return []
    if "PRIVATE KEY" in text:
        return [problem(where, "this holds a private key; give certificates only, and consider that key as known")]
    if security is Security.NONE:
        return [problem(where, "there is nothing to verify without TLS; leave it out, or choose another `security`")]
    if len(text) > LONGEST_CERTIFICATE or not text.isascii() or not certificates_of(text):
        return [problem(where, "give one or more certificates in PEM: `-----BEGIN CERTIFICATE-----` and so on")]
    return []


def unverified_problems(where: str, *, unverified: bool, security: Security) -> list[FieldProblem]:
    """What is wrong with asking not to verify a certificate."""
    if unverified and security is Security.NONE:
        return [problem(where, "there is nothing to verify without TLS; leave it out, or choose another `security`")]
    return []


def certificates_of(text: str) -> list[x509.Certificate]:
    """The certificates of a PEM text; none where it is no such text."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of old certificates that are odd, and read all the same
            return x509.load_pem_x509_certificates(text.encode("ascii"))
    except ValueError:
        return []
