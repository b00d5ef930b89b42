"""A far end that refuses to prepare its folder, or to let an older temporary go: told, and tried again."""

import asyncssh
import pytest

from services.delivery.application.ports import Milestone
from tests.delivery.application.test_crash_points import dies_at
from tests.delivery.far_end import FarEnd
from tests.delivery.house import House


def left_in_spool(house: House) -> None:
    attempt = house.seal(house.stage(b"x", file_name="a.csv"), destination="shop")
    house.drain("sending")
    refusal = house.operation(attempt).error
    assert refusal is not None
    assert refusal.reason == "LEFT_IN_SPOOL"


def arrives_at_last(house: House, far_end: FarEnd) -> None:
    house.come()
    house.drain()
    assert house.states() == {"a.csv": "DELIVERED"}
    assert far_end.files() == {"in/a.csv": b"x"}


def refuse(*_: object) -> None:
    raise asyncssh.SFTPFailure("Failure")


def test_a_folder_that_cannot_be_made(house: House, far_end: FarEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    house.destination("shop", far_end.method(folder="in"))
    with monkeypatch.context() as patch:
        patch.setattr(asyncssh.SFTPServer, "mkdir", refuse)
        left_in_spool(house)
    arrives_at_last(house, far_end)


def test_an_older_temporary_that_stays(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method(folder="in"))
    attempt = house.seal(house.stage(b"x", file_name="a.csv"), destination="shop")
    assert dies_at(house, Milestone.WRITTEN)
    far_end.behaviour.meets = lambda request, name: refuse() if request == "remove" else None
    house.drain("sending")
    refusal = house.operation(attempt).error
    assert refusal is not None
    assert refusal.reason == "LEFT_IN_SPOOL"
    far_end.behaviour.meets = lambda request, name: None
    arrives_at_last(house, far_end)
