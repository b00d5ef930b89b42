"""Inboxes on a real database."""

from typing import Any

import sqlalchemy as sa

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


def test_the_unread_are_counted_by_their_index_however_many_messages_were_read(house: House) -> None:
    asked: list[tuple[str, Any]] = []
    with house.open_work() as work:
        work.connection.exec_driver_sql(
            "INSERT INTO message (principal, category, subject, body, error, read)"
            " SELECT 'anne', 'c', 's', 'b', false, n > 10 FROM generate_series(1, 20000) AS n"
        )
        work.connection.exec_driver_sql("ANALYZE message")

        def note(_: object, __: object, statement: str, parameters: object, *more: object) -> None:
            asked.append((statement, parameters))

        sa.event.listen(work.connection, "before_cursor_execute", note)
        assert work.inbox.unread("anne") == {"c": 10}
        sa.event.remove(work.connection, "before_cursor_execute", note)
        ((statement, parameters),) = asked
        plan = "\n".join(work.connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())
    assert "message_unread_idx" in plan
