"""Whoever dies in the night, the morning is the same: nothing lost, nothing posted, sent or numbered twice."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.journeys.fingerprint import Fingerprint
from tests.journeys.night import Night, well

#: Silence is noticed soon, and a correction takes many steps, so that death finds it in the middle of them.
IMPATIENT = {"BACKROOM_LEASE": "3s", "BACKROOM_HEARTBEAT": "1s", "BACKROOM_RELAY": "500ms"}
SETTINGS: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(("scheduler", "delivery", "clients", "mail"), IMPATIENT),
    "sales": {**IMPATIENT, "BACKROOM_CORRECTION_LINES": "1"},
}
PATIENCE = 60.0  #: seconds
LOOK = 0.005  #: seconds


def until(night: Night, service: str, question: str) -> None:
    """Waits until a query of a service's database answers true."""
    end = time.monotonic() + PATIENCE
    while not night.rows(service, question)[0][0]:
        assert time.monotonic() < end, f"{service} never answered true to: {question}"
        time.sleep(LOOK)


def in_mid_correction(night: Night) -> None:
    until(
        night,
        "sales",
        "SELECT EXISTS (SELECT FROM operation WHERE kind = 'sales.correct-sales' AND state = 'running'"
        " AND checkpoint->>'phase' = 'models')",
    )


def while_a_handler_works(night: Night) -> None:
    until(night, "scheduler", "SELECT EXISTS (SELECT FROM run WHERE state = 'waiting')")


def while_files_are_staged(night: Night) -> None:
    until(night, "delivery", "SELECT EXISTS (SELECT FROM spool_file WHERE state = 'PROVISIONAL')")


def while_files_are_sent(night: Night) -> None:
    until(
        night, "delivery", "SELECT EXISTS (SELECT FROM spool_file WHERE state IN ('SENDING', 'RENAMING', 'DELIVERED'))"
    )


#: name → when, who dies
DEATHS: Mapping[str, tuple[Callable[[Night], None], str]] = {
    "scheduler worker, a run waiting": (while_a_handler_works, "scheduler-work"),
    "sales worker, in mid-correction": (in_mid_correction, "sales-work"),
    "sales worker, files staged": (while_files_are_staged, "sales-work"),
    "delivery worker, files on their way": (while_files_are_sent, "delivery-work"),
    "broker, its data gone": (while_a_handler_works, "valkey"),
    "PostgreSQL, in mid-correction": (in_mid_correction, "postgres"),
}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Fingerprint:
    """What a quiet night leaves that corrects in as many steps: vouchers are numbered step by step."""
    with Night(tmp_path_factory.mktemp("quiet"), settings=SETTINGS, fast=True) as night:
        night.load()
        night.fire()
        assert well(night.wait())
        return night.fingerprint()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("death", DEATHS)
def test_the_morning_after_a_death_is_the_morning_after_a_quiet_night(
    death: str, undisturbed: Fingerprint, tmp_path: Path
) -> None:
    moment, victim = DEATHS[death]
    with Night(tmp_path, settings=SETTINGS, fast=victim != "postgres") as night:
        night.load()
        night.fire()
        moment(night)
        night.stack.kill(victim)
        runs = night.wait()
        left = night.fingerprint()
    assert well(runs), [(run.task_title, run.state, run.error) for run in runs]
    assert any(victim.split("-")[0] in notice for notice in night.notices), "nobody died"
    assert left["spool"] == []
    for name, rows in undisturbed.items():
        assert left[name] == rows, name
