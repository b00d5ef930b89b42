import os
from pathlib import Path

import pytest
import structlog

from chassis.auth import Principals, PrincipalsRefused, Role, new_token
from chassis.errors import NotAuthenticated


def entry(name: str, *hashes: str, roles: str = '"viewer"', more: str = "") -> str:
    listed = ", ".join(f'"{each}"' for each in hashes)
    return f'[[principal]]\nname = "{name}"\ntoken_hashes = [{listed}]\nroles = [{roles}]\n{more}\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "principals.toml"


def rewrite(path: Path, content: str) -> None:
    """As a mounted secret changes: another file takes the name."""
    fresh = path.with_suffix(".new")
    fresh.write_text(content)
    os.replace(fresh, path)  # noqa: PTH105 - atomically, whatever stands there


def test_a_token_is_who_has_it(path: Path) -> None:
    token, token_hash = new_token()
    path.write_text(
        entry(
            "ana",
            token_hash,
            roles='"operator"',
            more='rights = ["close-days"]\nstores = ["12"]\nlocale = "en"\nemail = "a@b.fr"',
        )
    )
    ana = Principals(path).authenticate(token)
    assert (ana.name, ana.roles, ana.rights) == ("ana", frozenset({Role.OPERATOR}), frozenset({"close-days"}))
    assert (ana.stores, ana.locale, ana.email) == (frozenset({"12"}), "en", "a@b.fr")
    assert Principals(path).get("ana") == ana
    assert Principals(path).get("bob") is None


@pytest.mark.parametrize("token", ["", "wrong", "sha256:x"])
def test_nobody_has_another_token(path: Path, token: str) -> None:
    path.write_text(entry("ana", new_token()[1]))
    with pytest.raises(NotAuthenticated):
        Principals(path).authenticate(token)


def test_the_hash_is_not_a_token(path: Path) -> None:
    _, token_hash = new_token()
    path.write_text(entry("ana", token_hash))
    with pytest.raises(NotAuthenticated):
        Principals(path).authenticate(token_hash)


def test_roles_include_those_before_them_and_service_stands_apart() -> None:
    covered = {role: {needed for needed in Role if role.covers(needed)} for role in Role}
    viewer, operator, admin, service = Role.VIEWER, Role.OPERATOR, Role.ADMIN, Role.SERVICE
    assert covered == {
        viewer: {viewer},
        operator: {viewer, operator},
        admin: {viewer, operator, admin},
        service: {viewer, operator, service},
    }


def test_no_stores_means_every_store(path: Path) -> None:
    path.write_text(entry("ana") + entry("bob", more='stores = ["12"]'))
    ana, bob = Principals(path).get("ana"), Principals(path).get("bob")
    assert ana is not None
    assert bob is not None
    assert [ana.sees_store("12"), ana.sees_store("13")] == [True, True]
    assert [bob.sees_store("12"), bob.sees_store("13")] == [True, False]


def test_a_change_of_the_file_is_seen(path: Path) -> None:
    (old, old_hash), (new, new_hash) = new_token(), new_token()
    path.write_text(entry("ana", old_hash))
    principals = Principals(path, look_again=0)
    rewrite(path, entry("ana", new_hash))
    assert principals.authenticate(new).name == "ana"
    with pytest.raises(NotAuthenticated):
        principals.authenticate(old)


def test_between_two_looks_the_file_is_left_alone(path: Path) -> None:
    token, token_hash = new_token()
    path.write_text(entry("ana", token_hash))
    principals = Principals(path, look_again=3600)
    path.unlink()
    assert principals.authenticate(token).name == "ana"


def test_a_broken_change_is_logged_once_and_the_last_good_one_stays(path: Path) -> None:
    token, token_hash = new_token()
    path.write_text(entry("ana", token_hash))
    principals = Principals(path, look_again=0)
    rewrite(path, "[[principal]\n")
    with structlog.testing.capture_logs() as lines:
        assert principals.authenticate(token).name == "ana"
        assert principals.authenticate(token).name == "ana"
    assert [line["event"] for line in lines] == ["principals file refused, the last good one stays"]
    rewrite(path, entry("bea", token_hash))
    assert principals.authenticate(token).name == "bea"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("not toml", "is not TOML"),
        (entry("ana", roles=""), r"principal\.0\.roles"),
        (entry("ana", roles='"king"'), r"principal\.0\.roles\.0"),
        (entry("ana", more="colour = 1"), r"principal\.0\.colour"),
        (entry("ana") + entry("ana"), "ana stands in it twice"),
        (entry("ana", "md5:1"), "a token hash of ana is not sha256"),
        (entry("ana", "sha256:" + "0" * 64) + entry("bob", "sha256:" + "0" * 64), "bob and ana have the same token"),
    ],
)
def test_a_file_that_is_wrong_is_refused_and_says_where(path: Path, content: str, said: str) -> None:
    path.write_text(content)
    with pytest.raises(PrincipalsRefused, match=said):
        Principals(path)


def test_a_missing_file_names_its_variable(path: Path) -> None:
    with pytest.raises(PrincipalsRefused, match="BACKROOM_PRINCIPALS"):
        Principals(path)
