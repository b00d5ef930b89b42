"""Tasks whose handler sends its files itself: it is told where to, and their runs end with it."""

from typing import Any

from backroom.delivery.v1 import delivery_pb2
from services.scheduler.domain.runs import RunState
from tests.scheduler.conftest import House
from tests.scheduler.team import failed, succeeded

PHOTOS: dict[str, Any] = {"task_type": "team.photos", "destination": "destinations/web", "file_name": "photos.zip"}


def test_the_handler_is_told_where_to_and_nothing_is_sealed(house: House) -> None:
    house.others.team.does = lambda entry: succeeded("212 photos")
    number = house.start(house.task(**PHOTOS))
    house.settle()
    (entry,) = house.others.team.done
    assert (entry.destination, entry.file_name) == ("destinations/web", "photos.zip")
    assert (house.run(number).state, house.run(number).report) == (RunState.SUCCEEDED, "212 photos")
    assert house.others.carrier.checked == ["destinations/web"]
    assert house.others.carrier.sent == []


def test_of_other_types_only_delivery_knows_the_destination(house: House) -> None:
    house.others.team.does = lambda entry: succeeded("", ["a.csv"])
    house.start(house.task(task_type="team.extract", destination="destinations/web", file_name="a.csv"))
    house.start(house.task(**PHOTOS))
    house.settle()
    assert {entry.task_type: entry.destination for entry in house.others.team.done} == {
        "team.extract": "",
        "team.photos": "destinations/web",
    }


def test_a_destination_that_does_not_answer_is_noticed_before_the_work_begins(house: House) -> None:
    house.others.carrier.unreachable["destinations/web"] = delivery_pb2.CheckDestinationResponse(
        reason="NOT_LOGGED_IN", message="non connecté"
    )
    number = house.start(house.task(**PHOTOS))
    house.settle()
    assert house.run(number).state is RunState.NOT_EXECUTED
    assert house.others.team.asked == []


def test_what_fails_on_its_way_fails_the_run_whole(house: House) -> None:
    house.others.team.does = lambda entry: failed("DISK_FULL", "plus de place")
    number = house.start(house.task(**PHOTOS))
    house.settle()
    assert house.run(number).state is RunState.FAILED
    assert house.others.carrier.sent == []
