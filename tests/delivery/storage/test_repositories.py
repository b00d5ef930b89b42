"""What the repositories promise beyond the use cases."""

import re
import threading
from collections.abc import Mapping
from uuid import uuid4

import pytest
import sqlalchemy as sa

from chassis.filters import parse_filter
from chassis.listing import ListQuery
from chassis.operations import OperatingMode
from services.delivery.storage.spool_folder import SpoolFolder
from tests.delivery.house import NIGHT, House


def test_twins_that_stage_at_once_leave_one_file(house: House) -> None:
    attempt, staged = uuid4(), []
    threads = [threading.Thread(target=lambda: staged.append(house.stage(b"same", attempt=attempt))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len({file.id for file in staged}) == 1
    assert len(staged) == 6
    assert house.on_disk() == [f"UPDATE-7/{staged[0].id}"]


def test_a_file_is_not_moved_from_a_state_that_does_not_lead_there(house: House) -> None:
    file = house.stage()
    for move in ("deliver", "forget_renaming"):
        with house.work() as work, pytest.raises(sa.exc.NoResultFound):
            getattr(work.spool, move)([file.id])
    with house.work() as work, pytest.raises(sa.exc.NoResultFound):
        work.spool.record_renaming({file.id: None}, "p")
    with house.work() as work:
        assert work.spool.begin([file.id]) == []
    assert house.states() == {"sales.csv": "PROVISIONAL"}


def test_a_folder_that_vanishes_while_a_file_begins_is_made_again(house: House) -> None:
    spool = SpoolFolder(house.root / "TMP")
    stop = threading.Event()

    def write_and_remove(task: int) -> None:
        while not stop.is_set():
            file = uuid4()
            spool.write(task, file, [b"x"])
            spool.remove(task, file)

    threads = [threading.Thread(target=write_and_remove, args=(3,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(60):
            file = uuid4()
            assert spool.write(3, file, [b"content"]).size_bytes == 7
            assert spool.path(3, file).read_bytes() == b"content"
            spool.remove(3, file)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def test_more_files_than_a_statement_has_places_for_can_be_held_at_once(house: House) -> None:
    file = house.stage()
    many = [file.id, *(uuid4() for _ in range(70_000))]  # a server that is down for days
    with house.work() as work:
        assert [each.id for each in work.spool.current(many)] == [file.id]
        assert list(work.unsent.hold(many)) == [file.id]
        assert list(work.sendings.files_of(2, many)) == [file.id]


def test_what_waits_is_found_without_reading_what_has_left(house: House) -> None:
    asked: list[tuple[str, Mapping[str, object]]] = []
    with house.work() as work:
        work.connection.exec_driver_sql(
            "INSERT INTO spool_file (id, attempt, epoch, ordinal, task, run, site, mode, file_name, size_bytes, sha256,"
            " state, destination, create_time, seal_time) SELECT gen_random_uuid(), gen_random_uuid(), 1, 0,"
            " mod(n, 500), n, 'x', 'normal', n || '.csv', 1, '',"
            " CASE WHEN n > 19900 THEN 'SEALED' ELSE 'DELIVERED' END, 'shop',"
            " now() + n * interval '1 s', now() FROM generate_series(1, 20000) AS n"
        )
        work.connection.exec_driver_sql(
            "INSERT INTO operation (id, kind, lane, site, priority, state, ready, request, caller, traceparent,"
            " end_time) SELECT gen_random_uuid(), 'retry-leftovers', 'retrying', 'x', 5, 'succeeded', false,"
            " jsonb_build_object('task', n), 'x', '', now() FROM generate_series(1, 20000) AS n"
        )
        work.connection.exec_driver_sql("ANALYZE spool_file, operation")

        def note(_: object, __: object, statement: str, parameters: Mapping[str, object], *more: object) -> None:
            asked.append((statement, parameters))

        sa.event.listen(work.connection, "before_cursor_execute", note)
        work.spool.list(ListQuery(filter=parse_filter("state = SEALED")))
        work.spool.list(ListQuery(filter=parse_filter('task = "tasks/1000"')))
        work.retries.forgotten()
        work.retries.is_scheduled(7, OperatingMode.ISOLATED, NIGHT)
        work.upkeep.figures()
        sa.event.remove(work.connection, "before_cursor_execute", note)
        plans = [
            "\n".join(work.connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())
            for statement, parameters in asked
        ]
    assert len(plans) == 7
    assert [plan for plan in plans if re.search("Seq Scan on (spool_file|operation)", plan)] == []
    assert "spool_file_unsent_idx" in plans[0]
    assert "spool_file_task_idx" in plans[1]
