"""What may begin past the spool, and what a later try takes over."""

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from chassis.errors import InvalidInput
from services.delivery.domain.destinations import Email, Sandbox, ServerPath
from services.delivery.domain.errors import EpochPassed
from services.delivery.domain.spool import FileState, SpoolFile
from services.delivery.domain.staging import FileToStage, is_repeat
from services.delivery.domain.unspooled import FileToSend, has_arrived, holds_messages, may_have_arrived
from tests.delivery.domain.making import file

WANTED = FileToSend(
    file=FileToStage(
        attempt=uuid4(), epoch=2, ordinal=0, task=7, run=4, file_name="a.dump", site="default", mode="normal"
    ),
    destination="far",
    owner="marie",
)


def stored(state: FileState, **more: Any) -> SpoolFile:
    ours: dict[str, Any] = {"name": "a.dump", "epoch": 2, "destination": "far", "attempts": 1, "unspooled": True}
    return replace(file(state=state, **ours), **more)


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_delivered_file_answers_tries_of_its_epoch_and_of_later_ones(epoch: int) -> None:
    assert has_arrived(WANTED, stored(FileState.DELIVERED, epoch=epoch))


@pytest.mark.parametrize("state", [FileState.SENDING, FileState.RENAMING, FileState.DISCARDED])
@pytest.mark.parametrize("epoch", [1, 2])
def test_what_has_not_arrived_may_be_tried_again(state: FileState, epoch: int) -> None:
    assert not has_arrived(WANTED, stored(state, epoch=epoch))


@pytest.mark.parametrize("state", [FileState.SENDING, FileState.DELIVERED])
def test_a_try_that_was_overtaken_is_told(state: FileState) -> None:
    with pytest.raises(EpochPassed):
        has_arrived(WANTED, stored(state, epoch=3))


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"run": 5}, "header.file.attempt"),
        ({"unspooled": False}, "header.file.ordinal"),
        ({"file_name": "b.dump"}, "header.file.ordinal"),
        ({"destination": "near"}, "header.file.ordinal"),
        ({"mode": "training"}, "header.file.ordinal"),
    ],
)
def test_the_key_of_another_file_is_refused_by_its_field(more: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        has_arrived(WANTED, stored(FileState.DELIVERED, **more))
    assert [problem.field for problem in caught.value.problems] == [field]


def test_nothing_is_staged_under_the_key_of_a_file_that_went_past_the_spool() -> None:
    with pytest.raises(InvalidInput, match="was sent past the spool"):
        is_repeat(WANTED.file, stored(FileState.DELIVERED), run_sealed=False)


def test_only_a_renaming_of_the_same_file_at_the_same_place_is_asked_about() -> None:
    renaming = stored(FileState.RENAMING, place="here")
    assert may_have_arrived(renaming, WANTED, "here")
    assert may_have_arrived(replace(renaming, state=FileState.DISCARDED), WANTED, "here")
    assert not may_have_arrived(replace(renaming, state=FileState.DISCARDED, swept=1), WANTED, "here")
    assert not may_have_arrived(renaming, WANTED, "there")
    assert not may_have_arrived(replace(renaming, state=FileState.SENDING), WANTED, "here")
    assert not may_have_arrived(replace(renaming, file_name="b.dump"), WANTED, "here")


def test_only_folders_can_be_streamed_into() -> None:
    assert holds_messages(Email(recipients=("a@b.example",), subject="x", server=None))
    assert not holds_messages(ServerPath(folder="/srv"))
    assert not holds_messages(Sandbox(folder="/srv"))
