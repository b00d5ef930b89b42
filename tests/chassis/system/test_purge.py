"""The purge on demand: as the keeper does it, at once, with a report."""

from datetime import timedelta

import pytest

from chassis.operations import Cancelled, Execution, Kind, OperatingMode, OperationState, purging
from chassis.operations.purging import Purge, common_purges, older
from chassis.system.purge import PurgeNow
from chassis.texts import Texts
from tests.chassis.system.conftest import TEXTS, Shop

DAY = timedelta(days=1)
OWN = Texts({locale: {"purge.visits": text} for locale, text in (("fr", "Visites"), ("en", "Visits"))})
PURGES = (
    *common_purges(operations=30 * DAY, repeats=30 * DAY, journal=10 * DAY, business_journals=3660 * DAY),
    Purge(what="purge.visits", statement=older("visit", "number"), kept=7 * DAY),
)


@pytest.fixture
def visited(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A service with old visits of its own, and batches of three."""
    monkeypatch.setattr(purging, "BATCH", 3)
    kind = Kind(name="shop.purge", run=PurgeNow(shop.work, PURGES, TEXTS.beside(OWN), "fr"))
    shop.kinds[kind.name] = kind
    shop.execute(
        "CREATE TABLE visit (number int, create_time timestamptz)",
        "INSERT INTO visit SELECT n, now() - n * interval '1 day' FROM generate_series(1, 17) AS n",
        "INSERT INTO operation_cancel SELECT gen_random_uuid(), '', now() - interval '40 days'",
    )
    return shop


def test_it_forgets_all_that_is_old_and_reports_how_much(visited: Shop) -> None:
    done = visited.do("shop.purge")
    assert done.outcome is not None
    assert done.outcome.report.splitlines() == ["Demandes d'annulation : 1", "Visites : 11"]
    assert done.outcome.result["purge.visits"] == 11
    assert visited.ask("SELECT min(number) || '..' || max(number) FROM visit") == ["1..6"]
    assert visited.journal() == ["Demandes d'annulation : 1 · Visites : 11"]


def test_a_second_one_finds_nothing_and_says_so(visited: Shop) -> None:
    visited.do("shop.purge")
    done = visited.do("shop.purge", locale="en")
    assert done.outcome is not None
    assert done.outcome.report == "Nothing to purge"


def test_in_training_nothing_is_forgotten_and_the_report_says_what_would_have_been(visited: Shop) -> None:
    done = visited.do("shop.purge", mode=OperatingMode.TRAINING)
    assert done.outcome is not None
    said = "Mode école : rien n'a été oublié ; voici ce qui l'aurait été, 3 de chaque au plus"
    assert done.outcome.report.splitlines() == [said, "Demandes d'annulation : 1", "Visites : 3"]
    assert visited.ask("SELECT count(*) FROM visit") == [17]
    assert visited.journal() == [f"{said} · Demandes d'annulation : 1 · Visites : 3"]


def test_a_later_try_counts_on(visited: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    forget = purging.forget
    calls: list[str] = []

    def break_once(connection: object, purge: Purge) -> int:
        calls.append(purge.what)
        if calls.count("purge.visits") == 3 and calls[-1] == "purge.visits":
            raise RuntimeError("the process stumbles")
        return forget(connection, purge)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(purging, "forget", break_once)
    broken = visited.do("shop.purge")
    assert (broken.state, visited.ask("SELECT count(*) FROM visit")) == (OperationState.QUEUED, [11])
    visited.hurry()
    visited.worker().drain("default")
    done = visited.get(broken.id)
    assert done.outcome is not None
    assert "Visites : 11" in done.outcome.report


def test_it_ends_between_two_batches_when_somebody_cancels_it(visited: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    forget = purging.forget
    check = Execution.check
    forgotten: list[int] = []

    def counted(connection: object, purge: Purge) -> int:
        forgotten.append(forget(connection, purge))  # type: ignore[arg-type]  # as it was called
        return forgotten[-1]

    def cancelled(self: Execution) -> None:
        if 3 in forgotten:
            self.stop(Cancelled)
        check(self)

    monkeypatch.setattr(purging, "forget", counted)
    monkeypatch.setattr(Execution, "check", cancelled)
    assert visited.do("shop.purge").state is OperationState.CANCELLED
    assert visited.ask("SELECT count(*) FROM visit") == [14]
