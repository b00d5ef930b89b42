"""The texts of clients."""

from chassis.texts import Texts
from services.clients.workers.last_purchases_store import TYPE


def test_both_languages_say_the_same() -> None:
    texts = Texts.of("services.clients")
    assert texts.differences() == []
    assert {
        *(TYPE.title, TYPE.description),
        *("journal.linked", "journal.training"),
        *("report.linked", "report.training"),
    } == texts.keys()
