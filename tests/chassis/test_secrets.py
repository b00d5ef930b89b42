from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from chassis.secrets import KeyRing, KeyRingRefused, SecretUnreadable


def test_a_secret_comes_back_and_is_not_seen_at_rest(tmp_path: Path) -> None:
    ring = KeyRing.create(tmp_path / "ring")
    stored = ring.encrypt("mot de passe é")
    assert "passe" not in stored
    assert KeyRing.load(tmp_path / "ring").decrypt(stored) == "mot de passe é"


def test_a_new_ring_is_its_owners_and_never_overwrites(tmp_path: Path) -> None:
    KeyRing.create(tmp_path / "ring")
    assert (tmp_path / "ring").stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyRingRefused, match="exists already"):
        KeyRing.create(tmp_path / "ring")


def test_keys_rotate_and_the_old_one_may_then_go(tmp_path: Path) -> None:
    path, old, new = tmp_path / "ring", Fernet.generate_key().decode(), Fernet.generate_key().decode()
    path.write_text(f"# since 2017\n{old}\n")
    stored = KeyRing.load(path).encrypt("secret")

    path.write_text(f"{new}\n{old}\n")
    both = KeyRing.load(path)
    assert both.decrypt(stored) == "secret"
    rotated = both.rotate(stored)

    path.write_text(f"{new}\n")
    only_new = KeyRing.load(path)
    assert only_new.decrypt(rotated) == "secret"
    with pytest.raises(SecretUnreadable, match="put its key back"):
        only_new.decrypt(stored)
    with pytest.raises(SecretUnreadable):
        only_new.rotate(stored)


def test_the_first_key_encrypts(tmp_path: Path) -> None:
    path, first, second = tmp_path / "ring", Fernet.generate_key().decode(), Fernet.generate_key().decode()
    path.write_text(f"{first}\n{second}\n")
    stored = KeyRing.load(path).encrypt("secret")
    path.write_text(f"{first}\n")
    assert KeyRing.load(path).decrypt(stored) == "secret"


@pytest.mark.parametrize(
    ("content", "said"),
    [("", "holds no key"), ("# none\n\n", "holds no key"), ("short\n", "is no key"), ("é", "cannot be read")],
)
def test_a_ring_that_is_wrong_is_refused_without_its_content(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "ring").write_text(content)
    with pytest.raises(KeyRingRefused, match=said) as refused:
        KeyRing.load(tmp_path / "ring")
    assert "short" not in str(refused.value)


def test_a_missing_ring_names_its_variable(tmp_path: Path) -> None:
    with pytest.raises(KeyRingRefused, match="BACKROOM_KEYRING"):
        KeyRing.load(tmp_path / "ring")
