"""Who is away is not waited for twice in a row, and a call whose fate is unknown is no refusal."""

import time
from uuid import uuid4

import grpc
import pytest

from chassis.errors import Unavailable
from services.scheduler.domain.runs import RunState
from services.scheduler.domain.sites import OperatingMode
from services.scheduler.gateways.absence import AWAY_FOR, Absences
from services.scheduler.gateways.delivery import GrpcDelivery
from tests.scheduler.conftest import House
from tests.scheduler.team import Times, drop, refuse


def test_one_who_is_away_is_not_asked_again_for_a_second(house: House) -> None:
    carrier, delivery = house.others.carrier, house.parts.delivery
    number = house.start(house.task())
    house.work()
    run, attempt = house.run(number), uuid4()
    assert run.terms
    carrier.before_send = Times(1, refuse(grpc.StatusCode.INTERNAL))
    for _ in range(2):
        with pytest.raises(Unavailable):
            delivery.send("delivery", run, run.terms, attempt)
    assert carrier.sent == []  # a second call would have been answered
    house.rest()
    delivery.send("delivery", run, run.terms, attempt)
    assert [request.attempt for request in carrier.sent] == [str(attempt)]


def test_a_server_that_is_not_there_is_unavailable(house: House) -> None:
    with grpc.insecure_channel("127.0.0.1:1") as channel, pytest.raises(Unavailable):
        GrpcDelivery(lambda _: channel, house.parts.addresses).check(
            "delivery", "destinations/pftp", OperatingMode.NORMAL
        )


def test_a_lost_answer_is_unavailable_and_never_a_refusal(house: House) -> None:
    house.others.team.after_start = Times(1, drop)
    house.start(house.task())
    house.work()
    with house.open_work() as work:
        states = work.connection.exec_driver_sql("SELECT state FROM operation").scalars()
        assert list(states) == ["queued"]


def test_a_token_that_is_not_accepted_fails_no_run_and_is_tried_again(house: House) -> None:
    house.others.team.before_start = Times(1, refuse(grpc.StatusCode.UNAUTHENTICATED))
    number = house.start(house.task())
    house.work()
    assert house.run(number).state is RunState.RUNNING
    house.rest()
    house.settle()
    assert house.run(number).state is RunState.SUCCEEDED


def test_one_caller_at_a_time_tries_whether_somebody_is_back() -> None:
    absences = Absences()
    with pytest.raises(Unavailable), absences.asked("team"):
        raise Unavailable("no answer for 15 s")
    time.sleep(AWAY_FOR)
    with absences.asked("team"):  # who tries waits as long as it takes; the other threads are free for others
        with pytest.raises(Unavailable), absences.asked("team"):
            raise AssertionError("it was asked by a second one")
        with absences.asked("sales"):
            pass
    with absences.asked("team"), absences.asked("team"):
        pass  # it is back, for everybody
