"""Private keys as people paste them, made into keys that can log in; or explained."""

import base64
import io
import re
import struct

import paramiko
from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    load_ssh_private_key,
)

from services.delivery.domain.failures import KeyNeedsPassphrase, KeyTypeNotSupported, KeyUnreadable
from services.delivery.domain.logins import KeyLogin

PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
#: What precedes the body of an encrypted key of the oldest PEM form.
LEGACY_HEADERS = re.compile(r"\s*Proc-Type:\s*(\S+)\s+DEK-Info:\s*(\S+)\s+")
OPENSSH = "OPENSSH PRIVATE KEY"
OPENSSH_MAGIC = b"openssh-key-v1\0"

CURVES = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)  #: those that SSH has names for

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def load_key(login: KeyLogin) -> paramiko.PKey:
    """Reads PEM, PKCS8 or OpenSSH; RSA, ECDSA or Ed25519. Raises `Key…` failures, none of which shows the key."""
    key = _read(login)
    text = io.StringIO(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode())
    match key:
        case rsa.RSAPrivateKey():
            return paramiko.RSAKey.from_private_key(text)
        case ec.EllipticCurvePrivateKey():
            return paramiko.ECDSAKey.from_private_key(text)
        case ed25519.Ed25519PrivateKey():
            return paramiko.Ed25519Key.from_private_key(text)


def _read(login: KeyLogin) -> PrivateKey:
    label, text = normalised(login.private_key)
    if label == OPENSSH:
        refuse_old_types(text)
    passphrase = login.passphrase.encode() if login.passphrase else None
    try:
        key = _load(label, text, passphrase)
    except UnsupportedAlgorithm:
        raise KeyTypeNotSupported(label) from None
    except TypeError:
        # The library's word for: encrypted and no passphrase given, or the other way round.
        if passphrase is None:
            raise KeyNeedsPassphrase from None
        return _read(KeyLogin(private_key=login.private_key, passphrase=None))
    except InvalidTag:  # a wrong passphrase, where the key was encrypted with GCM
        raise KeyUnreadable from None
    except ValueError as error:
        if passphrase is None and "password" in str(error).lower():
            raise KeyNeedsPassphrase from None
        if passphrase is not None and "not encrypted" in str(error).lower():
            return _read(KeyLogin(private_key=login.private_key, passphrase=None))
        raise KeyUnreadable from None
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey):
        raise KeyTypeNotSupported(type(key).__name__.removesuffix("PrivateKey").lower())
    if isinstance(key, ec.EllipticCurvePrivateKey) and not isinstance(key.curve, CURVES):
        raise KeyTypeNotSupported(key.curve.name)
    return key


def _load(label: str, text: bytes, passphrase: bytes | None) -> object:
    if label == OPENSSH:
        return load_ssh_private_key(text, passphrase)
    return load_pem_private_key(text, passphrase)


def normalised(pasted: str) -> tuple[str, bytes]:
    """A key's label and its text in lines, whatever became of its line ends on the way here."""
    if "PuTTY-User-Key-File" in pasted:
        raise KeyTypeNotSupported("PuTTY")
    found = PEM.search(pasted.replace("\\n", "\n"))
    if found is None:
        raise KeyUnreadable
    label, body = found[1], found[2]
    head = ""
    if legacy := LEGACY_HEADERS.match(body):
        head = f"Proc-Type: {legacy[1]}\nDEK-Info: {legacy[2]}\n\n"
        body = body[legacy.end() :]
    joined = "".join(body.split())
    lines = "\n".join(joined[start : start + 64] for start in range(0, len(joined), 64))
    return label, f"-----BEGIN {label}-----\n{head}{lines}\n-----END {label}-----\n".encode()


def refuse_old_types(text: bytes) -> None:
    """Names the type of an OpenSSH key that nobody should use any more, or that needs a device."""
    body = b"".join(text.splitlines()[1:-1])
    try:
        raw = base64.b64decode(body, validate=True)
        rest = raw.removeprefix(OPENSSH_MAGIC)
        for _ in range(3):  # cipher, key derivation, its options
            (length,) = struct.unpack_from(">I", rest)
            rest = rest[4 + length :]
        _, _, length = struct.unpack_from(">III", rest)  # number of keys, length of the public one, of its type's name
        kind = rest[12 : 12 + length].decode("ascii")
    except (ValueError, struct.error):
        raise KeyUnreadable from None
    if kind == "ssh-dss" or kind.startswith("sk-"):
        raise KeyTypeNotSupported(kind)
