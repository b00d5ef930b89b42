"""Certificates for servers of tests: by an authority of their own, or each its own authority."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LOOPBACK = ("localhost", "127.0.0.1")


class Authority:
    """Signs certificates; everything lies in the folder, each certificate beside its key."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._made = 0
        self._name = _name("Authority of the tests")
        certificate = _signed(self._name, self._key, (), self._name, self._key, authority=True)
        self.pem = certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.path = folder / "authority.pem"
        self.path.write_text(self.pem)

    def certificate_for(self, names: Sequence[str] = LOOPBACK, *, expired: bool = False) -> tuple[Path, Path]:
        """A server's certificate for host names and addresses, and its key."""
        self._made += 1
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _signed(_name(names[0]), key, names, self._name, self._key, expired=expired)
        return _stored(self._folder, f"server-{self._made}", certificate, key)


def self_signed(folder: Path, names: Sequence[str] = LOOPBACK, *, expired: bool = False) -> tuple[Path, Path]:
    """A server's certificate that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(names[0])
    return _stored(folder, "self-signed", _signed(name, key, names, name, key, expired=expired, authority=True), key)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _signed(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    names: Sequence[str],
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    expired: bool = False,
    authority: bool = False,
) -> x509.Certificate:
    """Valid from an hour ago for a day; one that has expired did so an hour ago."""
    now = datetime.now(UTC)
    begin, end = (-24, -1) if expired else (-1, 24)
    issuer_public = issuer_key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(hours=begin))
        .not_valid_after(now + timedelta(hours=end))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public), critical=False)
        .add_extension(_usage(authority=authority), critical=True)
    )
    if names:
        shown = x509.SubjectAlternativeName([_general_name(name) for name in names])
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(shown, critical=False).add_extension(purpose, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _stored(
    folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> tuple[Path, Path]:
    chain, private = folder / f"{name}.pem", folder / f"{name}.key"
    chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return chain, private
