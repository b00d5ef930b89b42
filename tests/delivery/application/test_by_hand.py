"""What people do to files that have not arrived: sent again, given up; and the history they read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from chassis.errors import InvalidInput, UnknownResource, WrongState
from chassis.listing import ListQuery, parse_order
from services.delivery.application.ports import Milestone
from services.delivery.application.retrying_files import RetryDelivery
from services.delivery.domain.deliveries import DeliveryState
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.errors import BeingSent
from services.delivery.domain.failures import CarryFailed, NoPermission
from services.delivery.domain.file_failures import RefusedByServer
from services.delivery.domain.spool import FileState, SpoolFile
from services.delivery.workers.kinds import SENDING
from tests.delivery.bad_luck import BadLuck, Fate
from tests.delivery.house import House
from tests.delivery.witnesses import Died


def retry(house: House, *files: SpoolFile, destination: str = "") -> int:
    with house.work() as work:
        return RetryDelivery(texts=house.texts, locale="fr")(work, [file.id for file in files], destination, "marie")


def discard(house: House, file: SpoolFile, reason: str = "envoyé à la main") -> FileState:
    with house.work() as work:
        return house.discard_file(work, file.id, reason, "marie").before


def meanwhile(house: House, statement: str) -> None:
    """Something happens to the tables that no test can wait for."""
    with house.database.begin() as connection:
        connection.execute(sa.text(statement))


def history(house: House) -> list[tuple[int, DeliveryState, str]]:
    """Number of the try, what became of it, and why; oldest first."""
    with house.work() as work:
        found, _ = work.deliveries.list(ListQuery(order_by=parse_order("create_time")))
    return [(each.attempt, each.state, "" if each.failure is None else each.failure.reason) for each in found]


@dataclass
class Clinging(BadLuck):
    """A far end that does not let go of one file."""

    fate: Callable[[str], Fate] = field(default=lambda step: Fate.FINE)
    name: str = ""
    refusal: CarryFailed = field(default_factory=lambda: NoPermission("/", "no"))

    def remove(self, names: Sequence[str]) -> None:
        super().remove([name for name in names if name != self.name])
        if self.name in names:
            raise self.refusal


@pytest.fixture
def broken(house: House) -> ServerPath:
    """A destination whose folder is a file, until a test mends it."""
    (house.outgoing / "bank").write_text("in the way")
    return ServerPath(folder=str(house.outgoing / "bank"))


def mend(house: House) -> None:
    (house.outgoing / "bank").unlink()


def test_a_file_that_waits_for_its_next_try_goes_at_once(house: House, broken: ServerPath) -> None:
    house.destination("bank", broken)
    file = house.stage()
    house.seal(file, destination="bank")
    house.drain()
    mend(house)
    house.drain()
    assert house.states() == {"sales.csv": "SEALED"}  # not due yet
    assert retry(house, file) == 1
    house.drain()
    assert house.states() == {"sales.csv": "DELIVERED"}
    assert any("renvoyé" in line for line in house.journal())


def test_all_that_wait_for_a_destination_go_parked_ones_included(house: House, broken: ServerPath) -> None:
    house.destination("bank", broken)
    for run in (1, 2):
        house.seal(house.stage(run=run, file_name=f"{run}.csv"), destination="bank", run=run)
    house.drain()
    meanwhile(house, "UPDATE spool_file SET state = 'PARKED' WHERE run = 1")
    mend(house)
    assert retry(house, destination="bank") == 2
    house.drain()
    assert house.states() == {"1.csv": "DELIVERED", "2.csv": "DELIVERED"}


def test_what_cannot_be_sent_again_is_named_by_its_place(house: House) -> None:
    house.destination("bank", ServerPath(folder=str(house.outgoing / "bank")))
    file = house.stage()
    house.seal(file, destination="bank")
    house.drain()
    with pytest.raises(InvalidInput, match=r"files\[0\]: files/.* is DELIVERED"):
        retry(house, file)
    with pytest.raises(InvalidInput, match=r"files\[0\]: .*PROVISIONAL"):
        retry(house, house.stage(run=2))
    with pytest.raises(UnknownResource):
        retry(house, destination="nowhere")


def test_what_a_site_holds_back_stays_held(house: House, broken: ServerPath) -> None:
    house.destination("bank", broken)
    file = house.stage(site="lyon")
    house.seal(file, destination="bank", site="lyon")
    house.drain()
    meanwhile(house, "INSERT INTO site_mode (site, mode, version) VALUES ('lyon', 'isolated', 1)")
    assert retry(house, file) == 0


def test_a_file_given_up_is_not_sent_and_leaves_the_disk(house: House, broken: ServerPath) -> None:
    house.destination("bank", broken)
    file = house.stage()
    house.seal(file, destination="bank")
    house.drain()
    assert discard(house, file) is FileState.SEALED
    house.sweep(orphan_age=timedelta(0))()
    mend(house)
    house.come()
    house.drain()
    assert house.states() == {"sales.csv": "DISCARDED"}
    assert not (house.outgoing / "bank").exists()
    assert any("abandonné" in line and "envoyé à la main" in line for line in house.journal())
    with pytest.raises(WrongState):
        discard(house, file)
    with pytest.raises(UnknownResource):
        discard(house, replace(file, id=uuid4()))


def test_a_file_that_is_being_sent_is_not_given_up(house: House) -> None:
    house.destination("bank", ServerPath(folder=str(house.outgoing / "bank")))
    file = house.stage()
    refused: list[type] = []

    def give_up() -> None:
        try:
            discard(house, file)
        except BeingSent as error:
            refused.append(type(error))

    house.milestones.die_at, house.milestones.meanwhile = Milestone.WRITTEN, give_up
    house.seal(file, destination="bank")
    house.drain()
    assert refused == [BeingSent]
    assert house.states() == {"sales.csv": "DELIVERED"}


def test_what_a_file_given_up_left_at_the_far_end_is_cleared_by_the_next_sending(house: House) -> None:
    house.destination("bank", ServerPath(folder=str(house.outgoing / "bank")))
    file = house.stage()
    house.seal(file, destination="bank")
    house.milestones.die_at = Milestone.WRITTEN
    with pytest.raises(Died):
        house.drain(SENDING.name)
    folder = house.outgoing / "bank"
    assert [path.name for path in folder.iterdir()] == [f".backroom-{file.id}-1.part"]
    meanwhile(house, "UPDATE operation SET state = 'cancelled', end_time = now() WHERE state = 'running'")
    assert discard(house, file) is FileState.SENDING
    assert history(house) == [(1, DeliveryState.BROKEN_OFF, "")]
    house.seal(house.stage(run=2, file_name="later.csv"), destination="bank", run=2)
    house.drain()
    assert [path.name for path in folder.iterdir()] == ["later.csv"]


@pytest.mark.parametrize("refusal", [NoPermission("/in", "no"), RefusedByServer("/in/a.part", "busy")])
def test_what_a_far_end_does_not_let_go_of_is_told_and_keeps_nothing_from_being_sent(
    house: House, refusal: CarryFailed
) -> None:
    house.destination("bank", ServerPath(folder=str(house.outgoing / "bank")))
    files = [house.stage(file_name=name, ordinal=place) for place, name in enumerate(["a.csv", "b.csv"])]
    house.seal(*files, destination="bank")
    house.milestones.die_at = Milestone.WRITTEN
    with pytest.raises(Died):
        house.drain(SENDING.name)
    meanwhile(house, "UPDATE operation SET state = 'cancelled', end_time = now() WHERE state = 'running'")
    for file in files:
        discard(house, file)
    house.around = lambda carrier: Clinging(carrier, name=f".backroom-{files[0].id}-1.part", refusal=refusal)
    house.seal(house.stage(run=2, file_name="later.csv"), destination="bank", run=2)
    house.drain()
    assert house.states()["later.csv"] == "DELIVERED"
    assert any("restes" in line for line in house.journal())
    house.around = lambda carrier: carrier
    house.seal(house.stage(run=3, file_name="last.csv"), destination="bank", run=3)
    house.drain()
    assert sorted(path.name for path in (house.outgoing / "bank").iterdir()) == ["last.csv", "later.csv"]


def test_every_try_is_remembered_those_included_that_nobody_ended(house: House, broken: ServerPath) -> None:
    destination = house.destination("bank", broken)
    file = house.stage()
    house.seal(file, destination="bank")
    house.drain()
    mend(house)
    house.milestones.die_at = Milestone.WRITTEN
    assert retry(house, file) == 1
    with pytest.raises(Died):
        house.drain()
    house.takeover()
    house.drain()
    assert house.states() == {"sales.csv": "DELIVERED"}
    assert history(house) == [
        (1, DeliveryState.FAILED, "FOLDER_NOT_ALLOWED"),
        (2, DeliveryState.BROKEN_OFF, ""),
        (3, DeliveryState.DELIVERED, ""),
    ], destination
