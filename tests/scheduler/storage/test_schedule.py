"""What a planner asks of schedules costs what is due, not what exists."""

import pytest
import sqlalchemy as sa

from services.scheduler.storage.schedule import CLAIM, OVERDUE
from tests.scheduler.conftest import House


@pytest.mark.parametrize("question", [CLAIM, OVERDUE], ids=["claim", "overdue"])
def test_only_schedules_that_are_due_are_looked_at(house: House, question: sa.TextClause) -> None:
    values = {"limit": 10} if question is CLAIM else {}
    with house.open_work() as work:
        work.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = "\n".join(work.connection.execute(sa.text(f"EXPLAIN {question.text}"), values).scalars())
    assert "Index Cond: (fire_time <=" in plan
