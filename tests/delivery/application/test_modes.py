"""Sites that are not in normal mode: nothing leaves by itself; what is practised with goes to a sandbox."""

from dataclasses import replace
from datetime import timedelta
from pathlib import PurePosixPath

import pytest

from chassis.errors import InvalidInput
from chassis.operations import HeldBack, OperatingMode, OperationState, SiteMode
from services.delivery.application.ports import Milestone
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.failures import FolderNotAllowed
from services.delivery.domain.kinds import RETRY_LEFTOVERS, SEND_SPOOL
from tests.delivery.far_end import FarEnd
from tests.delivery.house import NIGHT, House

NORMAL, ISOLATED, TRAINING = OperatingMode.NORMAL, OperatingMode.ISOLATED, OperatingMode.TRAINING
LATER = NIGHT + timedelta(days=1)


def set_mode(house: House, mode: OperatingMode, version: int, site: str = "lille") -> None:
    with house.work() as work:
        work.operations.set_modes([SiteMode(site=site, mode=mode, version=version)])


@pytest.mark.parametrize("mode", [ISOLATED, TRAINING])
def test_sealed_files_wait_until_their_site_is_normal_again(house: House, far_end: FarEnd, mode: OperatingMode) -> None:
    house.destination("shop", far_end.method())
    set_mode(house, mode, 1)
    attempt = house.seal(house.stage(b"one", file_name="a.csv", site="lille"), destination="shop", site="lille")
    house.drain()
    assert house.operation(attempt).state is OperationState.QUEUED
    assert far_end.files() == {}
    set_mode(house, NORMAL, 2)
    house.drain()
    assert house.operation(attempt).state is OperationState.SUCCEEDED
    assert far_end.files() == {"a.csv": b"one"}


def test_leftovers_of_a_held_site_are_not_retried_and_go_when_it_is_normal(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    far_end.stop()
    house.seal(house.stage(b"one", file_name="a.csv", site="lille"), destination="shop", site="lille")
    house.drain()
    far_end.start()
    set_mode(house, ISOLATED, 1)
    with house.work() as work:  # time goes by
        assert work.retries.left(7) == []
    house.sweep()()
    house.drain()
    assert far_end.files() == {}
    set_mode(house, NORMAL, 2)
    house.come()
    house.drain()
    assert far_end.files() == {"a.csv": b"one"}
    assert house.count(f"SELECT count(*) FROM operation WHERE kind = '{RETRY_LEFTOVERS}' AND state = 'queued'") == 0


def test_a_sending_by_hand_leaves_what_the_site_holds_back_where_it_is(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    set_mode(house, ISOLATED, 1)
    house.seal(house.stage(b"held", file_name="a.csv", run=1, site="lille"), destination="shop", run=1, site="lille")
    by_hand = house.seal(
        house.stage(b"by hand", file_name="b.csv", run=2, site="lille", mode="isolated"),
        destination="shop",
        run=2,
        site="lille",
        mode="isolated",
        nominal_time=LATER,
    )
    house.drain()
    assert house.operation(by_hand).state is OperationState.SUCCEEDED
    assert far_end.files() == {"b.csv": b"by hand"}
    assert house.states() == {"a.csv": "SEALED", "b.csv": "DELIVERED"}
    set_mode(house, NORMAL, 2)
    house.drain()
    assert far_end.files() == {"a.csv": b"held", "b.csv": b"by hand"}


def test_what_was_sent_by_hand_and_failed_is_sent_again_and_what_is_held_back_once_its_site_is_normal(
    house: House, far_end: FarEnd
) -> None:
    house.destination("shop", far_end.method())
    far_end.stop()
    older = house.stage(b"held", file_name="a.csv", run=1, site="lille")
    house.seal(older, destination="shop", run=1, site="lille")
    house.drain()
    set_mode(house, ISOLATED, 1)
    by_hand = house.stage(b"by hand", file_name="b.csv", run=2, site="lille", mode="isolated")
    house.seal(by_hand, destination="shop", run=2, site="lille", mode="isolated", nominal_time=LATER)
    house.drain()
    far_end.start()
    house.come()
    house.drain()
    assert far_end.files() == {"b.csv": b"by hand"}
    set_mode(house, NORMAL, 2)
    house.drain()
    assert far_end.files() == {"a.csv": b"held", "b.csv": b"by hand"}
    assert house.count(f"SELECT count(*) FROM operation WHERE kind = '{RETRY_LEFTOVERS}' AND state = 'queued'") == 0


def test_leftovers_of_a_task_that_moved_to_another_site_wait_for_the_site_they_were_made_for(
    house: House, far_end: FarEnd
) -> None:
    house.destination("shop", far_end.method())
    far_end.stop()
    house.seal(house.stage(b"old", file_name="a.csv", run=1, site="lyon"), destination="shop", run=1, site="lyon")
    newer = house.stage(b"new", file_name="b.csv", run=2, site="lille")
    house.seal(newer, destination="shop", run=2, site="lille", nominal_time=LATER)
    house.drain()
    set_mode(house, ISOLATED, 1)
    far_end.start()
    house.come()
    house.drain()
    assert far_end.files() == {"a.csv": b"old"}
    waiting = f"SELECT count(*) FROM operation WHERE kind = '{RETRY_LEFTOVERS}' AND state = 'queued' AND site = 'lille'"
    assert house.count(waiting) == 1
    set_mode(house, NORMAL, 2)
    house.drain()
    assert far_end.files() == {"a.csv": b"old", "b.csv": b"new"}


def test_one_sent_by_hand_waits_for_an_older_one_of_its_name_that_is_held_back(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    set_mode(house, ISOLATED, 1)
    older = house.stage(b"held", file_name="same.csv", run=1, site="lille")
    house.seal(older, destination="shop", run=1, site="lille")
    newer = house.stage(b"by hand", file_name="same.csv", run=2, site="lille", mode="isolated")
    by_hand = house.seal(newer, destination="shop", run=2, site="lille", mode="isolated", nominal_time=LATER)
    house.drain()
    failed = house.operation(by_hand)
    assert failed.state is OperationState.FAILED
    assert failed.error is not None
    assert failed.error.reason == "LEFT_IN_SPOOL"
    assert "le mode du site lille le retient" in failed.error.message
    assert far_end.files() == {}
    set_mode(house, NORMAL, 2)
    house.drain()
    assert far_end.files() == {"same.csv": b"by hand"}
    assert len(far_end.behaviour.renames) == 2  # the older one went first


def test_the_manifest_says_to_which_site_a_file_belongs_whatever_its_handler_said(
    house: House, far_end: FarEnd
) -> None:
    house.destination("shop", far_end.method())
    set_mode(house, ISOLATED, 1)
    house.seal(house.stage(b"held", file_name="a.csv", run=1, site="default"), destination="shop", run=1, site="lille")
    by_hand = house.stage(b"by hand", file_name="b.csv", run=2, site="default", mode="isolated")
    house.seal(by_hand, destination="shop", run=2, site="lille", mode="isolated", nominal_time=LATER)
    house.drain()
    assert far_end.files() == {"b.csv": b"by hand"}
    set_mode(house, NORMAL, 2)
    set_mode(house, ISOLATED, 1, site="default")
    house.drain()
    assert far_end.files() == {"a.csv": b"held", "b.csv": b"by hand"}


def practise(house: House, content: bytes = b"practice", run: int = 1, file_name: str = "a.csv") -> str:
    """What is sealed in training; answers its report."""
    file = house.stage(content, file_name=file_name, run=run, site="lille", mode="training")
    attempt = house.seal(file, destination="shop", run=run, site="lille", mode="training")
    house.drain()
    operation = house.operation(attempt)
    assert operation.state is OperationState.SUCCEEDED
    assert operation.outcome is not None
    return operation.outcome.report


def test_what_is_practised_with_goes_to_a_sandbox_and_says_so(house: House, far_end: FarEnd) -> None:
    house.destination("shop", far_end.method())
    set_mode(house, TRAINING, 1)
    far_end.stop()  # the real one is not even called
    assert practise(house) == (
        "Mode école : fichier a.csv déposé dans le bac à sable de destinations/shop (8 octets), rien n'a été envoyé"
    )
    assert (house.sandbox / "shop" / "a.csv").read_bytes() == b"practice"
    assert house.on_disk() == []
    assert house.journal()[-1].startswith("Mode école : fichier a.csv déposé")


def test_practice_takes_no_real_leftovers_along_and_a_real_sending_none_of_practice(
    house: House, far_end: FarEnd
) -> None:
    house.destination("shop", far_end.method())
    real = house.stage(b"real", file_name="a.csv", run=1, site="lille")
    far_end.stop()
    house.seal(real, destination="shop", run=1, site="lille")
    house.drain()
    set_mode(house, TRAINING, 1)
    (house.sandbox / "shop").mkdir()
    (house.sandbox / "shop" / "b.csv").mkdir()  # in the way of what is practised with
    file = house.stage(b"practice", file_name="b.csv", run=2, site="lille", mode="training")
    attempt = house.seal(file, destination="shop", run=2, site="lille", mode="training", nominal_time=LATER)
    house.drain()
    assert house.operation(attempt).state is OperationState.FAILED
    far_end.start()
    set_mode(house, NORMAL, 2)
    newer = house.stage(b"new", file_name="b.csv", run=3, site="lille")
    sent = house.seal(newer, destination="shop", run=3, site="lille", nominal_time=LATER + timedelta(days=1))
    house.drain("sending")
    assert house.operation(sent).state is OperationState.SUCCEEDED  # it waits for no practice file of its name
    assert far_end.files() == {"a.csv": b"real", "b.csv": b"new"}
    (house.sandbox / "shop" / "b.csv").rmdir()
    house.come()
    house.drain()
    assert far_end.files() == {"a.csv": b"real", "b.csv": b"new"}
    assert (house.sandbox / "shop" / "b.csv").read_bytes() == b"practice"
    assert house.count("SELECT count(*) FROM spool_file WHERE state <> 'DELIVERED'") == 0


def test_in_training_the_check_looks_at_the_sandbox_and_practice_proves_nothing_of_the_real_one(
    house: House, far_end: FarEnd
) -> None:
    house.destination("shop", far_end.method())
    far_end.stop()
    assert house.check("shop", training=True) is None
    practise(house)
    failure = house.check("shop")
    assert failure is not None
    assert failure.reason == "CONNECTION_REFUSED"


def test_no_destination_of_people_reaches_into_a_sandbox_even_where_the_administrator_allows_its_folder(
    house: House,
) -> None:
    allowing = replace(house.carriers, roots=[PurePosixPath(house.root)])
    inside = house.destination("shop", ServerPath(folder=f"{house.sandbox}/shop"))
    beside = house.destination("till", ServerPath(folder=f"{house.root}/sandboxes"))
    with pytest.raises(FolderNotAllowed), allowing(inside):
        pass
    with allowing(beside) as carrier:
        carrier.prepare(make=True)


def test_a_file_made_in_training_can_only_be_sent_in_training(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing)))
    file = house.stage(b"practice", mode="training")
    with pytest.raises(InvalidInput, match="was made in training mode"):
        house.seal(file, destination="shop")
    assert house.states() == {"sales.csv": "PROVISIONAL"}


def test_a_run_of_training_whose_handler_did_not_say_so_goes_to_the_sandbox_all_the_same(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing)))
    house.seal(house.stage(b"practice", file_name="a.csv"), destination="shop", mode="training")
    house.drain()
    assert list(house.outgoing.iterdir()) == []
    assert (house.sandbox / "shop" / "a.csv").read_bytes() == b"practice"


def test_a_sending_that_was_claimed_as_its_site_left_normal_mode_is_held_back_and_not_failed(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing)))
    attempt = house.seal(house.stage(b"x", file_name="a.csv", site="lille"), destination="shop", site="lille")
    execution = house.begun(attempt)
    set_mode(house, ISOLATED, 1)  # and no keeper has told it yet
    (send,) = [kind.run for kind in house.kinds if kind.name == SEND_SPOOL]
    with pytest.raises(HeldBack):
        send(execution)
    assert list(house.outgoing.iterdir()) == []
    assert house.states() == {"a.csv": "SEALED"}


def test_a_sending_under_way_stops_between_its_groups_when_its_site_leaves_normal_mode(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing)), concurrency=1)
    files = [house.stage(b"x", file_name=f"{n}.csv", ordinal=n, site="lille") for n in range(3)]
    attempt = house.seal(*files, destination="shop", site="lille")
    worker = house.worker()
    keeper = house.keeper(worker)
    keeper.start()

    def leave_normal_mode() -> None:
        set_mode(house, ISOLATED, 1)
        keeper.tick()

    house.milestones.die_at, house.milestones.meanwhile = Milestone.TAKEN_OUT, leave_normal_mode
    worker.drain("sending")
    assert house.operation(attempt).state is OperationState.QUEUED
    assert sorted(path.name for path in house.outgoing.iterdir()) == ["0.csv"]
    set_mode(house, NORMAL, 2)
    worker.drain("sending")
    keeper.stop()
    assert house.operation(attempt).state is OperationState.SUCCEEDED
    assert sorted(path.name for path in house.outgoing.iterdir()) == ["0.csv", "1.csv", "2.csv"]
