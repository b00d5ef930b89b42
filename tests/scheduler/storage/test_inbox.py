"""Inboxes on a real database."""

from services.scheduler.domain.changes import NewMessage
from tests.scheduler.conftest import House


def test_500_runs_that_end_at_once_may_each_tell_100_people(house: House) -> None:
    told = [
        NewMessage(principal=f"p{place}", category="c", subject="s", body="b", run=run, error=False)
        for run in range(1, 501)
        for place in range(100)
    ]
    with house.open_work() as work:
        work.inbox.add(told)
    assert house.count("message") == 50_000


def test_messages_lie_in_the_order_in_which_they_were_told(house: House) -> None:
    bodies = [f"ligne {place}" for place in range(300)]
    with house.open_work() as work:
        work.inbox.add(
            [
                NewMessage(principal="anne", category="c", subject="s", body=body, run=1, error=place % 2 == 0)
                for place, body in enumerate(bodies)
            ]
        )
    messages = house.inbox("anne")
    assert [message.body for message in messages] == bodies
    assert [message.error for message in messages[:2]] == [True, False]
