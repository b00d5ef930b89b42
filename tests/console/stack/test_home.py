import stat
from pathlib import Path

import pytest

from chassis.auth import Principals, Role
from console.stack.errors import TokenMissing, VarInUse
from console.stack.home import PERSON, StackHome
from console.stack.ports import SERVICES


@pytest.fixture
def var(tmp_path: Path) -> Path:
    return tmp_path / "var"


def opened(var: Path) -> StackHome:
    home = StackHome(var)
    home.open()
    return home


def test_the_person_is_admin_and_every_service_is_a_service(var: Path) -> None:
    home = opened(var)
    principals = Principals(home.principals)
    person = principals.authenticate(home.token(PERSON).read_text().strip())
    assert person.name == "admin"
    assert person.roles == frozenset({Role.ADMIN, Role.OPERATOR, Role.VIEWER})
    for service in SERVICES:
        principal = principals.authenticate(home.token(service).read_text().strip())
        assert principal.name == service
        assert principal.roles == frozenset({Role.SERVICE})
    home.close()


def test_nobody_else_reads_tokens_principals_or_keys(var: Path) -> None:
    home = opened(var)
    for path in (home.principals, home.keyring, home.token(PERSON), *map(home.token, SERVICES)):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((var / "tokens").stat().st_mode) == 0o700
    home.close()


def test_a_second_start_keeps_tokens_keys_and_what_people_added(var: Path) -> None:
    home = opened(var)
    token, keys = home.token(PERSON).read_text(), home.keyring.read_text()
    with home.principals.open("a") as file:
        file.write('\n[[principal]]\nname = "ana"\nroles = ["viewer"]\n')
    home.close()
    home = opened(var)
    assert home.token(PERSON).read_text() == token
    assert home.keyring.read_text() == keys
    assert Principals(home.principals).get("ana") is not None
    home.close()


def test_a_lost_token_is_named_with_what_to_do(var: Path) -> None:
    home = opened(var)
    home.token("sales").unlink()
    home.close()
    with pytest.raises(TokenMissing, match=r"tokens/sales is gone.*put it back, or remove .*principals\.toml"):
        StackHome(var).open()


def test_lost_principals_are_written_anew_from_the_tokens(var: Path) -> None:
    home = opened(var)
    home.principals.unlink()
    home.close()
    home = opened(var)
    assert Principals(home.principals).authenticate(home.token("mail").read_text().strip()).name == "mail"
    home.close()


def test_one_folder_holds_one_stack(var: Path) -> None:
    home = opened(var)
    with pytest.raises(VarInUse, match=r"in use by process \d+; stop it first, or .* --var"):
        StackHome(var).open()
    home.close()
    opened(var).close()


def test_an_overlong_log_is_set_aside(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = opened(var)
    home.log("sales-work").write_text("old\n")
    assert home.fresh_log("sales-work").read_text() == "old\n"
    monkeypatch.setattr("console.stack.home.LOG_BOUND", 3)
    assert not home.fresh_log("sales-work").exists()
    assert (var / "log" / "sales-work.log.1").read_text() == "old\n"
    home.close()
