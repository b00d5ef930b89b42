"""What happens to files that bear the name already: replaced, kept beside, or reason enough to refuse."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from chassis.operations import OperationState
from services.delivery.application.ports import Milestone
from services.delivery.domain.destinations import ServerPath
from services.delivery.domain.failures import CannotRename, FileFailed
from services.delivery.domain.file_failures import AlreadyThere
from services.delivery.domain.transfer_options import Existing
from tests.delivery.bad_luck import BadLuck, Fate
from tests.delivery.house import House
from tests.delivery.witnesses import Died


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def shop(house: House, existing: Existing, **more: object) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing)), existing=existing, **more)


def written(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def test_a_file_that_must_not_replace_another_gets_the_next_free_name(house: House) -> None:
    shop(house, Existing.KEEP_BOTH)
    for name in ("a.csv", "a (2).csv", "a (4).csv"):
        (house.outgoing / name).write_bytes(b"there")
    staged = [
        house.stage(name.encode(), file_name=name, ordinal=place)
        for place, name in enumerate(("a.csv", "a (3).csv", "b.csv"))
    ]
    attempt = house.seal(*staged, destination="shop")
    house.drain()
    assert files(house.outgoing) == {
        "a.csv": b"there",
        "a (2).csv": b"there",
        "a (4).csv": b"there",
        "a (3).csv": b"a (3).csv",
        "a (5).csv": b"a.csv",
        "b.csv": b"b.csv",
    }
    outcome = house.operation(attempt).outcome
    assert outcome is not None
    assert "a (5).csv" in outcome.report
    assert any("Fichier a (5).csv envoyé" in line for line in house.journal())


def test_a_name_that_somebody_takes_at_the_last_moment_is_passed_over(house: House) -> None:
    shop(house, Existing.KEEP_BOTH)
    house.seal(house.stage(b"ours", file_name="a.csv"), destination="shop")
    house.milestones.die_at = Milestone.RENAMING_RECORDED
    house.milestones.meanwhile = lambda: written(house.outgoing / "a.csv", b"theirs")
    house.drain()
    assert files(house.outgoing) == {"a.csv": b"theirs", "a (2).csv": b"ours"}


def test_a_name_that_somebody_takes_while_nobody_sends_is_passed_over_too(house: House) -> None:
    shop(house, Existing.KEEP_BOTH)
    (house.outgoing / "a.csv").write_bytes(b"there")
    house.seal(house.stage(b"ours", file_name="a.csv"), destination="shop")
    house.milestones.die_at = Milestone.RENAMING_RECORDED
    with pytest.raises(Died):
        house.drain()
    (house.outgoing / "a (2).csv").write_bytes(b"theirs")
    house.takeover()
    house.drain()
    assert files(house.outgoing) == {"a.csv": b"there", "a (2).csv": b"theirs", "a (3).csv": b"ours"}


def test_a_renaming_that_happened_is_no_taken_name_even_where_the_server_looks_at_the_target_first(
    house: House,
) -> None:
    class TargetFirst(BadLuck):
        def rename(self, pairs: Sequence[tuple[str, str]], *, replace: bool) -> Sequence[FileFailed | None]:
            answers = super().rename(pairs, replace=replace)
            there = self.carrier.sizes([target for _, target in pairs])
            return [
                AlreadyThere(target) if answer is not None and target in there else answer
                for answer, (_, target) in zip(answers, pairs, strict=True)
            ]

    shop(house, Existing.KEEP_BOTH)
    house.seal(house.stage(b"ours", file_name="a.csv"), destination="shop")
    house.milestones.die_at = Milestone.RENAMED
    with pytest.raises(Died):
        house.drain()
    house.around = lambda carrier: TargetFirst(carrier, lambda step: Fate.FINE)
    house.takeover()
    house.drain()
    assert files(house.outgoing) == {"a.csv": b"ours"}
    assert house.states() == {"a.csv": "DELIVERED"}


def test_a_file_that_must_not_replace_another_is_refused_before_a_byte_of_it_is_sent(house: House) -> None:
    shop(house, Existing.REFUSE)
    steps: list[str] = []

    def fine(step: str) -> Fate:
        steps.append(step)
        return Fate.FINE

    house.around = lambda carrier: BadLuck(carrier, fine)
    (house.outgoing / "a.csv").write_bytes(b"there")
    attempt = house.seal(house.stage(b"ours", file_name="a.csv"), destination="shop")
    house.drain()
    assert house.operation(attempt).state is OperationState.FAILED
    assert (steps, house.meter.failures) == ([], ["ALREADY_THERE"])
    assert house.states() == {"a.csv": "SEALED"}
    (house.outgoing / "a.csv").unlink()
    house.come()
    house.drain()
    assert files(house.outgoing) == {"a.csv": b"ours"}


def test_a_refusal_at_the_last_moment_leaves_nothing_to_resolve(house: House) -> None:
    shop(house, Existing.REFUSE)
    house.seal(house.stage(b"ours", file_name="a.csv"), destination="shop")
    house.milestones.die_at = Milestone.WRITTEN
    house.milestones.meanwhile = lambda: written(house.outgoing / "a.csv", b"some")  # as long as ours
    house.drain()
    assert house.meter.failures == ["ALREADY_THERE"]
    assert house.states() == {"a.csv": "SEALED"}
    house.come()
    house.drain()
    assert house.states() == {"a.csv": "SEALED"}
    (house.outgoing / "a.csv").unlink()
    house.come()
    house.drain()
    assert files(house.outgoing) == {"a.csv": b"ours"}


def test_a_temporary_that_vanishes_before_its_renaming_is_a_failure_and_the_file_is_sent_again(house: House) -> None:
    shop(house, Existing.REPLACE)
    house.seal(house.stage(b"ours", file_name="a.csv"), destination="shop")

    def vanish() -> None:
        (temporary,) = house.outgoing.iterdir()
        temporary.unlink()

    house.milestones.die_at, house.milestones.meanwhile = Milestone.WRITTEN, vanish
    house.drain()
    assert house.meter.failures == ["TEMPORARY_MISSING"]
    assert house.states() == {"a.csv": "SEALED"}
    house.come()
    house.drain()
    assert files(house.outgoing) == {"a.csv": b"ours"}


def test_a_server_that_renames_nothing_is_told_and_taken_once_its_destination_writes_directly(house: House) -> None:
    class NoRenames(BadLuck):
        def rename(self, pairs: Sequence[tuple[str, str]], *, replace: bool) -> Sequence[FileFailed | None]:
            raise CannotRename(pairs[0][0], "502 Command not implemented")

    house.around = lambda carrier: NoRenames(carrier, lambda step: Fate.FINE)
    shop(house, Existing.REPLACE)
    house.seal(
        house.stage(b"one", file_name="a.csv"), house.stage(b"two", file_name="b.csv", ordinal=1), destination="shop"
    )
    house.drain()
    assert house.meter.failures == ["CANNOT_RENAME"] * 2
    assert house.states() == {"a.csv": "RENAMING", "b.csv": "RENAMING"}
    house.change("shop", ServerPath(folder=str(house.outgoing)), write_directly=True)
    house.come()
    house.drain()
    assert files(house.outgoing) == {"a.csv": b"one", "b.csv": b"two"}


def test_a_folder_that_must_be_there_is_not_made(house: House) -> None:
    house.destination("shop", ServerPath(folder=str(house.outgoing / "in")), folder_must_exist=True)
    house.seal(house.stage(b"one", file_name="a.csv"), destination="shop")
    house.drain()
    assert house.meter.failures == ["FOLDER_MISSING"]
    (house.outgoing / "in").mkdir()
    house.come()
    house.drain()
    assert files(house.outgoing / "in") == {"a.csv": b"one"}


def test_of_a_file_written_directly_the_older_temporaries_go(house: House) -> None:
    shop(house, Existing.REPLACE)
    house.seal(house.stage(b"one", file_name="a.csv"), destination="shop")
    house.milestones.die_at = Milestone.WRITTEN
    with pytest.raises(Died):
        house.drain()
    assert len(files(house.outgoing)) == 1
    house.change("shop", ServerPath(folder=str(house.outgoing)), write_directly=True)
    house.takeover()
    house.drain()
    assert files(house.outgoing) == {"a.csv": b"one"}
    assert house.history() == [("a.csv", 1, "BROKEN_OFF"), ("a.csv", 2, "DELIVERED")]
