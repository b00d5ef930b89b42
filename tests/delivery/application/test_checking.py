"""Whether a destination could be sent to just now."""

import threading
from datetime import timedelta

import sqlalchemy as sa

from services.delivery.application.checking import CheckDestination
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.spool import Failure
from services.delivery.gateways.shared_tries import SharedTries
from tests.delivery.far_end import FarEnd
from tests.delivery.house import House


def test_a_destination_that_answers_is_reachable_and_nothing_is_written(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method(folder="in"))
    assert house.check("shop") is None
    assert list(far_end.root.iterdir()) == []


def test_a_missing_folder_is_fine_only_where_it_may_be_made(house: House, far_end: FarEnd) -> None:
    method = far_end.method(folder="in")
    house.destination("strict", method, folder_must_exist=True)
    failure = house.check("strict")
    assert failure is not None
    assert (failure.reason, failure.facts["folder"]) == ("FOLDER_MISSING", "in")
    (far_end.root / "in").mkdir()
    house.change("strict", method, folder_must_exist=True)
    assert house.check("strict") is None


def test_what_is_wrong_is_named(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method(host_key="SHA256:" + "A" * 43))
    failure = house.check("shop")
    assert failure is not None
    assert failure.reason == "HOST_KEY_CHANGED"
    assert failure.facts == {"host": "127.0.0.1", "fingerprint": far_end.fingerprint()}


def test_a_delivery_that_has_just_succeeded_counts_as_a_check(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing)))
    house.seal(house.stage(), destination="shop")
    house.drain()
    tries: list[object] = []

    def told(key: tuple[str, int], attempt: object) -> Failure | None:
        tries.append(key)
        return None

    check = CheckDestination(
        open_work=house.work,
        carriers=house.carriers,
        posts=house.posts,
        shared=told,
        sandbox=str(house.sandbox),
        good_for=timedelta(seconds=60),
    )
    assert check("shop") is None
    assert tries == []
    with house.database.begin() as connection:
        connection.execute(sa.text("UPDATE destination SET update_time = now()"))
    check("shop")
    assert tries == [("shop", 1)]


def test_those_who_ask_at_once_share_one_try() -> None:
    shared, begun, go_on, tries = SharedTries(60), threading.Event(), threading.Event(), []
    failure = Failure(reason="TIMED_OUT", facts={})

    def attempt() -> Failure:
        tries.append(1)
        begun.set()
        assert go_on.wait(10)
        return failure

    answers: list[Failure | None] = []
    threads = [threading.Thread(target=lambda: answers.append(shared(("shop", 1), attempt))) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert begun.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert answers == [failure] * 5
    assert len(tries) == 1
    assert shared(("shop", 2), lambda: None) is None  # a changed destination is tried anew


def test_an_answer_is_good_for_a_while_only() -> None:
    tries: list[int] = []
    shared = SharedTries(0.0)
    for number in (1, 2):
        shared(("shop", 1), lambda number=number: tries.append(number))  # type: ignore[misc]  # a lambda's default
    assert tries == [1, 2]
