"""Private keys as people paste them."""

import asyncssh
import paramiko
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ed448
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from services.delivery.domain.failures import KeyNeedsPassphrase, KeyTypeNotSupported, KeyUnreadable
from services.delivery.domain.logins import KeyLogin
from services.delivery.gateways.sftp.keys import load_key

KEYS = {kind: asyncssh.generate_private_key(kind) for kind in ("ssh-ed25519", "ecdsa-sha2-nistp384", "ssh-rsa")}
FORMS = ("openssh", "pkcs8-pem", "pkcs1-pem")


def load(text: str, passphrase: str | None = None) -> paramiko.PKey:
    return load_key(KeyLogin(private_key=text, passphrase=passphrase))


def text_of(kind: str, form: str, passphrase: str | None = None) -> str:
    form = "pkcs8-pem" if kind == "ssh-ed25519" and form == "pkcs1-pem" else form
    # Few rounds of the passphrase's slow hash: the tests have nothing to hide.
    return KEYS[kind].export_private_key(form, passphrase, rounds=4, ignore_few_rounds=True).decode()


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("passphrase", [None, "phrasé"])
def test_every_kind_and_form_is_read_however_it_was_pasted(kind: str, form: str, passphrase: str | None) -> None:
    text = text_of(kind, form, passphrase)
    for pasted in (
        text,
        text.replace("\n", "\r\n"),
        text.replace("\n", " "),
        text.replace("\n", "\\n"),
        f"\n  {text}\n\n",
    ):
        assert load(pasted, passphrase).asbytes() == KEYS[kind].public_data


@pytest.mark.parametrize("form", FORMS)
def test_a_protected_key_without_passphrase_says_so(form: str) -> None:
    with pytest.raises(KeyNeedsPassphrase, match="private key is encrypted but passphrase is empty"):
        load(text_of("ssh-rsa", form, "phrase"))


@pytest.mark.parametrize("form", FORMS)
def test_a_wrong_passphrase_is_an_unreadable_key(form: str) -> None:
    with pytest.raises(KeyUnreadable, match="invalid data type"):
        load(text_of("ssh-rsa", form, "phrase"), "wrong")


def test_a_wrong_passphrase_is_an_unreadable_key_whatever_it_was_encrypted_with() -> None:
    text = KEYS["ssh-ed25519"].export_private_key("openssh", "phrase", "aes256-gcm@openssh.com").decode()
    assert load(text, "phrase").asbytes() == KEYS["ssh-ed25519"].public_data
    with pytest.raises(KeyUnreadable):
        load(text, "wrong")


@pytest.mark.parametrize("form", FORMS)
def test_a_needless_passphrase_does_no_harm(form: str) -> None:
    assert load(text_of("ssh-rsa", form), "needless").asbytes() == KEYS["ssh-rsa"].public_data


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n????\n-----END OPENSSH PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
        KEYS["ssh-ed25519"].export_public_key().decode(),
    ],
)
def test_what_is_no_key_is_unreadable_and_is_not_repeated(text: str) -> None:
    with pytest.raises(KeyUnreadable) as caught:
        load(text)
    assert caught.value.facts == {}


def test_keys_that_are_gone_from_the_world_are_named() -> None:
    old = dsa.generate_private_key(1024)
    pem = old.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    with pytest.raises(KeyTypeNotSupported, match="openssh key type : dsa is not supported"):
        load(pem)
    rare = ed448.Ed448PrivateKey.generate()
    encrypted = rare.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")).decode()
    with pytest.raises(KeyTypeNotSupported):
        load(encrypted, "x")
    with pytest.raises(KeyTypeNotSupported, match="ssh-dss"):
        load(asyncssh.generate_private_key("ssh-dss").export_private_key("openssh").decode())
    with pytest.raises(KeyTypeNotSupported, match="PuTTY"):
        load("PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n")
