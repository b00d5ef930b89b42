from pathlib import PurePosixPath

import asyncssh
import pytest

from services.delivery.domain.drafts import root_of
from services.delivery.domain.failures import SecretLost
from services.delivery.domain.host_keys import HostKeyPin, fingerprint, host_key_problem
from services.delivery.domain.logins import KeyLogin, Login, PasswordLogin, ways_to_log_in

KEYS = [asyncssh.generate_private_key(kind) for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256")]


def key_login(passphrase: str | None = None) -> KeyLogin:
    return KeyLogin(private_key="k", passphrase=passphrase)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.get_algorithm())
def test_a_pin_is_the_same_key_however_it_is_written(key: asyncssh.SSHKey) -> None:
    line = key.export_public_key().decode().strip()
    blob = key.public_data
    for text in (line, f"{line} a comment", f"[host]:2222 {line}", key.get_fingerprint(), key.get_fingerprint() + "="):
        assert host_key_problem(text) is None
        assert HostKeyPin(text).matches(blob)
        assert HostKeyPin(text).fingerprint == key.get_fingerprint() == fingerprint(blob)
    assert HostKeyPin(line).key_type == key.get_algorithm()
    assert HostKeyPin(key.get_fingerprint()).key_type is None


def test_another_key_never_matches() -> None:
    first, second = KEYS
    assert not HostKeyPin(first.export_public_key().decode()).matches(second.public_data)


@pytest.mark.parametrize(
    "text", ["", "SHA256:short", "MD5:aa:bb", "ssh-ed25519", "ssh-ed25519 !!!!", "ssh-ed25519 AAAA", "ssh-dss AAAA"]
)
def test_what_is_no_pin_is_refused_with_what_to_do(text: str) -> None:
    assert host_key_problem(text)


@pytest.mark.parametrize(
    ("login", "ways"),
    [
        (Login(password="p"), (PasswordLogin(password="p"),)),
        (
            Login(password="p", private_key="k"),
            (key_login(), PasswordLogin(password="p")),
        ),
        (Login(password="privkey://", private_key="k"), (key_login(),)),
        (Login(password="privkey://:s", private_key="k"), (key_login("s"),)),
        (Login(password="privkey://name:s:t", private_key="k"), (key_login("s:t"),)),
        (
            Login(password="privkey://name", private_key="k", passphrase="x"),
            (KeyLogin(private_key="k", passphrase="x"),),
        ),
        (Login(password="privkey://"), ()),
    ],
)
def test_the_password_field_may_hold_the_seeds_form_of_a_key(
    login: Login, ways: tuple[KeyLogin | PasswordLogin, ...]
) -> None:
    assert ways_to_log_in(login) == ways


def test_secrets_that_cannot_be_read_are_told_when_they_are_needed() -> None:
    with pytest.raises(SecretLost):
        ways_to_log_in(Login(password="", unreadable=True))


def test_secrets_stay_out_of_representations() -> None:
    shown = repr(Login(password="hunter", private_key="hunter", passphrase="hunter"))
    assert "hunter" not in shown


def test_a_folder_lies_in_a_root_by_its_parts_and_not_by_its_letters() -> None:
    roots = [PurePosixPath("/srv/out")]
    assert root_of(PurePosixPath("/srv/out/a"), roots) == roots[0]
    assert root_of(PurePosixPath("/srv/out"), roots) == roots[0]
    assert root_of(PurePosixPath("/srv/outside"), roots) is None
    assert root_of(PurePosixPath("/srv/out/../etc"), roots) is None
