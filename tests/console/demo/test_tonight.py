from datetime import date

from console.demo.choice import Chosen
from console.demo.tonight import TICKETS_MAILED, tonights_tasks

CHOSEN = Chosen(
    asked="", first_day=date(2017, 1, 1), last_day=date(2017, 1, 31), lines=0, tickets=0, stores=0, ticket=""
)


def test_the_night_corrects_clears_exports_twice_links_and_mails_in_this_order() -> None:
    assert [task.task_type for task in tonights_tasks(CHOSEN)] == [
        "sales.correct-sales",
        "sales.process-defectives",
        "sales.export",
        "sales.export",
        "clients.last-purchases-store",
        "mail.send-tickets",
    ]


def test_the_exports_cover_every_business_day_of_the_slice_and_one_is_split_by_store() -> None:
    split, whole = (task for task in tonights_tasks(CHOSEN) if task.task_type == "sales.export")
    for task in (split, whole):
        assert task.options == {"first_date": "2016-12-31", "last_date": "2017-02-01"}
    assert "{mag x}" in split.file_name
    assert "{mag x}" not in whole.file_name
    assert split.destination != whole.destination


def test_at_most_200_tickets_of_the_last_day_are_mailed() -> None:
    assert tonights_tasks(CHOSEN)[-1].options == {"date": "2017-01-31", "limit": TICKETS_MAILED}
    assert TICKETS_MAILED == 200
