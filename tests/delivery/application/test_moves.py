"""Every arrow of a file's way, walked on real rows through the use cases: docs/architecture.md draws the same ones."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa

from services.delivery.application.ports import Milestone
from services.delivery.domain.backoff import TRIES_BEFORE_PARKED
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.spool import MOVES, FileState
from services.delivery.storage.tables import spool_file
from tests.delivery.house import House
from tests.delivery.witnesses import Died

Step = Callable[[House], None]
FOLDER = "in"


def staged_to_be_written_directly(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing / FOLDER)), write_directly=True)
    house.stage(b"one", file_name="a.csv")


def given_up(house: House) -> None:
    """A person discards it; what it left at the far end goes with the next sending."""
    with house.work() as work:
        (file,) = work.sendings.files_of(1, ())
        house.discard_file(work, file, "not needed", "marie")


def staged(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing / FOLDER)))
    house.stage(b"one", file_name="a.csv")


def sealed(house: House) -> None:
    with house.work() as work:
        files = work.sendings.files_of(1, ())
    house.seal(*files.values(), destination="shop")


def sealed_without_it(house: House) -> None:
    house.seal(destination="shop")


def sent(house: House) -> None:
    house.drain()


def next_run_sealed(house: House) -> None:
    house.seal(destination="shop", run=2)


def died_at(milestone: Milestone) -> Step:
    def step(house: House) -> None:
        house.milestones.die_at = milestone
        with pytest.raises(Died):
            house.drain("sending")
        house.takeover()

    step.__name__ = f"died at: {milestone.value}"
    return step


def blocked(house: House) -> None:
    """The folder's name is a file's: nothing can be written there."""
    (house.outgoing / FOLDER).write_bytes(b"")


def freed(house: House) -> None:
    (house.outgoing / FOLDER).unlink()


def name_taken(house: House) -> None:
    """A folder bears the file's name: it can be written, and not renamed."""
    (house.outgoing / FOLDER / "a.csv").mkdir(parents=True)


def temporary_lost(house: House) -> None:
    """What is to be renamed is gone, and what bears its name is visibly another."""
    for each in (house.outgoing / FOLDER).glob(".backroom-*"):
        each.unlink()
    (house.outgoing / FOLDER / "a.csv").write_bytes(b"last week's")


def damaged(house: House) -> None:
    """The far end can be written to, and the file cannot be read."""
    (path,) = (house.root / "TMP").rglob("*-*-*-*-*")
    path.write_bytes(b"0ne")


def last_try(house: House) -> None:
    with house.database.begin() as connection:
        connection.execute(sa.update(spool_file).values(tried=TRIES_BEFORE_PARKED - 1))


RENAMING_STAYS: tuple[Step, ...] = (staged, sealed, died_at(Milestone.RENAMING_RECORDED), name_taken)

#: Each arrow, and the steps that walk it.
WALKS: Mapping[tuple[str, str], tuple[Step, ...]] = {
    ("PROVISIONAL", "SEALED"): (staged, sealed),
    ("PROVISIONAL", "DISCARDED"): (staged, sealed_without_it),
    ("SEALED", "SEALED"): (staged, sealed, blocked, sent),
    ("SEALED", "SENDING"): (staged, sealed, died_at(Milestone.TRY_RECORDED)),
    ("SEALED", "PARKED"): (staged, sealed, blocked, last_try, sent),
    ("SENDING", "SENDING"): (staged, sealed, died_at(Milestone.WRITTEN), died_at(Milestone.WRITTEN)),
    ("SENDING", "RENAMING"): (staged, sealed, died_at(Milestone.RENAMING_RECORDED)),
    ("SENDING", "SEALED"): (staged, sealed, damaged, sent),
    ("SENDING", "DELIVERED"): (staged_to_be_written_directly, sealed, sent),
    ("SEALED", "DISCARDED"): (staged, sealed, given_up),
    ("SENDING", "DISCARDED"): (staged, sealed, died_at(Milestone.WRITTEN), given_up),
    ("RENAMING", "DISCARDED"): (staged, sealed, died_at(Milestone.RENAMING_RECORDED), given_up),
    ("PARKED", "DISCARDED"): (staged, sealed, blocked, last_try, sent, freed, given_up),
    ("SENDING", "PARKED"): (staged, sealed, damaged, last_try, sent),
    ("RENAMING", "RENAMING"): (*RENAMING_STAYS, sent),
    ("RENAMING", "DELIVERED"): (staged, sealed, died_at(Milestone.RENAMED), sent),
    ("RENAMING", "SEALED"): (staged, sealed, died_at(Milestone.RENAMING_RECORDED), temporary_lost, sent),
    ("RENAMING", "PARKED"): (*RENAMING_STAYS, last_try, sent),
    ("PARKED", "SEALED"): (staged, sealed, blocked, last_try, sent, freed, next_run_sealed),
    ("PARKED", "RENAMING"): (*RENAMING_STAYS, last_try, sent, next_run_sealed),
}

#: Writes down every move of a row, as the database sees it: also those that a later one of the same step hides.
#: A failed try is a move even where the state stays; a test's own hand, which leaves the state alone, is none.
WATCH = """
    CREATE TABLE moved (number bigserial, origin text, target text);
    CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO moved (origin, target) VALUES (OLD.state, NEW.state); RETURN NULL;
    END $$;
    CREATE TRIGGER watch AFTER UPDATE OF state ON spool_file FOR EACH ROW EXECUTE FUNCTION watch()
"""


def moves_of(house: House) -> list[tuple[str, str]]:
    with house.database.begin() as connection:
        rows = connection.execute(sa.text("SELECT origin, target FROM moved ORDER BY number"))
        return [(row.origin, row.target) for row in rows]


def test_every_arrow_has_a_walk_and_every_walk_an_arrow() -> None:
    arrows = {(origin.value, target.value) for origin, targets in MOVES.items() for target in targets}
    assert set(WALKS) == arrows


@pytest.mark.parametrize(("arrow", "steps"), WALKS.items(), ids=[" to ".join(arrow) for arrow in WALKS])
def test_an_arrow_is_walked(house: House, arrow: tuple[str, str], steps: tuple[Step, ...]) -> None:
    with house.database.begin() as connection:
        connection.execute(sa.text(WATCH))
    for step in steps:
        step(house)
    moves = moves_of(house)
    assert arrow in moves
    assert all(FileState(target) in MOVES[FileState(origin)] for origin, target in moves)
    assert all(before[1] == after[0] for before, after in pairwise(moves))  # no row moves unseen


@pytest.mark.parametrize("steps", WALKS.values(), ids=[" to ".join(arrow) for arrow in WALKS])
def test_wherever_it_was_left_the_file_arrives_in_the_end(house: House, steps: tuple[Step, ...]) -> None:
    for step in steps:
        step(house)
    where = house.outgoing / FOLDER
    if where.is_file():
        where.unlink()
    if (where / "a.csv").is_dir():
        (where / "a.csv").rmdir()
    if sealed_without_it in steps or given_up in steps:
        house.seal(house.stage(b"two", file_name="b.csv", run=2), destination="shop", run=2)
        house.drain()
        assert house.states() == {"a.csv": "DISCARDED", "b.csv": "DELIVERED"}
        assert [path.name for path in where.iterdir()] == ["b.csv"]
        return
    for path in (house.root / "TMP").rglob("*-*-*-*-*"):
        path.write_bytes(b"one")
    if sealed in steps and next_run_sealed not in steps:
        house.seal(destination="shop", run=2)
    house.come(timedelta(hours=2))
    house.drain()
    assert house.states() == {"a.csv": "DELIVERED"}
    assert {path.name: path.read_bytes() for path in where.iterdir()} == {"a.csv": b"one"}
    assert house.on_disk() == []
