import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from chassis import settings_page
from chassis.settings import HIDDEN, ServiceSettings, SettingsRefused, describe, load, load_or_exit, shown

GOOD = {"BACKROOM_DATABASE_URL": "postgresql://u:hunter2@h/d", "BACKROOM_BROKER_URL": "redis://:hunter2@h/0"}


class ShopSettings(ServiceSettings):
    """A service's own."""

    relay_password: SecretStr = Field(default=SecretStr(""), description="Password of the relay.")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith("BACKROOM_")]:
        monkeypatch.delenv(name)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def refusal() -> list[str]:
    with pytest.raises(SettingsRefused) as refused:
        load(ShopSettings)
    return refused.value.problems


def test_the_embedded_ports_are_the_defaults(environment: pytest.MonkeyPatch) -> None:
    told = load(ShopSettings)
    names = ("scheduler", "delivery", "sales", "clients", "mail")
    addresses = [getattr(told, f"{name}_address") for name in names]
    assert addresses == [f"127.0.0.1:{port}" for port in range(50051, 50056)]
    assert (told.lease, told.heartbeat, told.relay) == tuple(timedelta(seconds=each) for each in (15, 5, 2))


def test_what_is_missing_is_named_with_what_to_do(environment: pytest.MonkeyPatch) -> None:
    environment.delenv("BACKROOM_DATABASE_URL")
    environment.setenv("BACKROOM_BROKER_URL", "")
    database, broker = refusal()
    assert database.startswith("BACKROOM_DATABASE_URL is not set: The service's own PostgreSQL database")
    assert "`backroom up`" in database
    assert broker.startswith("BACKROOM_BROKER_URL is not set")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LISTEN", "50051", "'50051' is not an address; write host:port"),
        ("LISTEN", "here:70000", "has no port between 0 and 65535"),
        ("BROKER_URL", "http://broker", "begin with redis://"),
        ("LEASE", "soon", "write a number with a unit"),
        ("WORKER_THREADS", "0", "greater than or equal to 1"),
        ("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_what_is_wrong_is_one_sentence(environment: pytest.MonkeyPatch, name: str, value: str, said: str) -> None:
    environment.setenv(f"BACKROOM_{name}", value)
    (sentence,) = refusal()
    assert sentence.startswith(f"BACKROOM_{name} is wrong (")
    assert said in sentence


def test_settings_that_contradict_each_other_are_refused(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("BACKROOM_TLS_KEY", "key.pem")
    assert refusal() == ["BACKROOM_TLS_CERTIFICATE and BACKROOM_TLS_KEY go together; set both or neither."]
    environment.delenv("BACKROOM_TLS_KEY")
    environment.setenv("BACKROOM_HEARTBEAT", "10s")
    assert "at least twice BACKROOM_HEARTBEAT" in refusal()[0]


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("15s", 15), ("2m", 120), ("1h", 3600), ("1d", 86400), ("3", 3)]
)
def test_durations_are_written_as_people_write_them(environment: pytest.MonkeyPatch, text: str, seconds: float) -> None:
    environment.setenv("BACKROOM_DRAIN_NOTICE", text)
    assert load(ShopSettings).drain_notice == timedelta(seconds=seconds)


def test_secrets_are_shown_nowhere(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("BACKROOM_RELAY_PASSWORD", "hunter2")
    told = load(ShopSettings)
    assert "hunter2" not in f"{told!r} {told} {shown(told)} {told.model_dump()}"
    assert shown(told)["BACKROOM_DATABASE_URL"] == HIDDEN
    assert shown(told)["BACKROOM_LEASE"] == "15s"
    environment.setenv("BACKROOM_WORKER_THREADS", "none")
    assert "hunter2" not in str(refusal())


def test_a_process_that_was_told_wrongly_ends_with_status_2(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.delenv("BACKROOM_DATABASE_URL")
    with pytest.raises(SystemExit) as ended:
        load_or_exit(ShopSettings)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("BACKROOM_DATABASE_URL is not set")


def test_every_variable_says_what_it_is() -> None:
    for variable in describe(ShopSettings):
        assert variable.meaning.endswith("."), variable.name
        assert variable.name.startswith("BACKROOM_")
    required = [variable.name for variable in describe(ShopSettings) if variable.default is None]
    assert required == ["BACKROOM_DATABASE_URL", "BACKROOM_BROKER_URL"]


def test_the_page_names_every_variable_of_every_service() -> None:
    printed = subprocess.run(
        [sys.executable, "-W", "error", "-m", "chassis.settings_page"],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(settings_page.__file__).parents[1],
    ).stdout
    wanted = [*describe(ServiceSettings)]
    for _, settings in settings_page.services():
        wanted += describe(settings)
    for variable in wanted:
        assert f"| `{variable.name}` |" in printed
    assert printed.count("`BACKROOM_DATABASE_URL`") == 1
