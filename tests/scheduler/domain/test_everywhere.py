"""Work that every service does for itself: shares, news of them, patience with the silent. Pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.scheduler.domain.everywhere import (
    PATIENCE,
    Share,
    ShareState,
    heard_of,
    is_over,
    shares_of,
    without_the_silent,
)
from services.scheduler.domain.results import News, NewsState
from services.scheduler.domain.runs import Failure
from services.scheduler.domain.task_types import Catalogue, TaskType

NOW = datetime(2017, 1, 31, 2, tzinfo=UTC)
LATER = NOW + timedelta(seconds=2)
WHOLE = UUID(int=7)


def offered(name: str, handler: str = "") -> TaskType:
    return TaskType(
        name=name,
        handler=handler or name.partition(".")[0],
        folder="Système/Base de données",
        title="",
        description="",
        options_schema={},
        produces_files=False,
        splits_by_store=False,
    )


def catalogue(*names: str, away: tuple[str, ...] = ()) -> Catalogue:
    return Catalogue(task_types=[offered(name) for name in names], unavailable_handlers=away)


def share(name: str, state: ShareState = ShareState.STARTED) -> Share:
    handler, _, work = name.partition(".")
    return Share(handler=handler, task_type=name if work else "", state=state, heard=NOW)


def test_everyone_who_offers_the_work_has_a_share_of_it() -> None:
    known = catalogue("sales.maintenance", "mail.maintenance", "mail.purge", "scheduler.maintenance-all")
    assert [each.task_type for each in shares_of(known, "maintenance", [], NOW)] == [
        "mail.maintenance",
        "sales.maintenance",
    ]


def test_who_does_not_answer_is_waited_for_and_gets_its_share_once_it_does() -> None:
    first = shares_of(catalogue("sales.purge", away=("mail",)), "purge", [], NOW)
    assert [(each.handler, each.state) for each in first] == [
        ("mail", ShareState.UNKNOWN),
        ("sales", ShareState.NEW),
    ]
    still = shares_of(catalogue("sales.purge", away=("mail",)), "purge", first, LATER)
    assert still[0].heard == NOW
    done = [replace(each, state=ShareState.SUCCEEDED) if each.task_type else each for each in still]
    back = shares_of(catalogue("sales.purge", "mail.purge"), "purge", done, LATER)
    assert [(each.task_type, each.state) for each in back] == [
        ("mail.purge", ShareState.NEW),
        ("sales.purge", ShareState.SUCCEEDED),
    ]


def test_who_turns_out_not_to_offer_the_work_has_no_share() -> None:
    first = shares_of(catalogue(away=("team",)), "purge", [], NOW)
    assert shares_of(catalogue("team.report"), "purge", first, LATER) == []


def test_who_falls_silent_after_its_share_was_known_keeps_it() -> None:
    known = [share("sales.purge")]
    assert shares_of(catalogue(away=("sales",)), "purge", known, LATER) == known


def test_a_share_has_the_same_attempt_each_time_and_another_in_another_work() -> None:
    assert share("sales.purge").attempt(WHOLE) == share("sales.purge").attempt(WHOLE)
    assert share("sales.purge").attempt(WHOLE) != share("mail.purge").attempt(WHOLE)
    assert share("sales.purge").attempt(WHOLE) != share("sales.purge").attempt(UUID(int=8))


@pytest.mark.parametrize(
    ("state", "becomes", "text"),
    [
        (NewsState.QUEUED, ShareState.STARTED, ""),
        (NewsState.RUNNING, ShareState.STARTED, ""),
        (NewsState.NOT_FOUND, ShareState.NEW, ""),
        (NewsState.SUCCEEDED, ShareState.SUCCEEDED, "fait"),
        (NewsState.FAILED, ShareState.FAILED, "cassé"),
        (NewsState.CANCELLED, ShareState.FAILED, "cassé"),
        (NewsState.PARKED, ShareState.FAILED, "cassé"),
    ],
)
def test_news_move_a_share(state: NewsState, becomes: ShareState, text: str) -> None:
    begun = share("sales.purge")
    failure = Failure(code="ABORTED", reason="BROKEN", message="cassé")
    ended = becomes in (ShareState.SUCCEEDED, ShareState.FAILED)
    news = News(
        attempt=begun.attempt(WHOLE), state=state, report="fait" if ended else "", failure=failure if ended else None
    )
    (after,) = heard_of([begun], WHOLE, {news.attempt: news}, LATER)
    assert (after.state, after.text, after.heard) == (becomes, text, LATER)


def test_what_has_ended_is_not_moved_by_late_news() -> None:
    ended = share("sales.purge", ShareState.FAILED)
    news = News(attempt=ended.attempt(WHOLE), state=NewsState.SUCCEEDED)
    assert heard_of([ended], WHOLE, {news.attempt: news}, LATER) == [ended]


@pytest.mark.parametrize("state", [ShareState.UNKNOWN, ShareState.NEW, ShareState.STARTED])
def test_the_silent_are_given_up_once_patience_is_over_and_then_it_is_over(state: ShareState) -> None:
    waiting = [share("sales.purge", state), share("mail.purge", ShareState.SUCCEEDED)]
    assert without_the_silent(waiting, NOW + PATIENCE) == waiting
    assert not is_over(waiting)
    given_up = without_the_silent(waiting, NOW + PATIENCE + timedelta(seconds=1))
    assert [each.state for each in given_up] == [ShareState.SILENT, ShareState.SUCCEEDED]
    assert is_over(given_up)
