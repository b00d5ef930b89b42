"""What the scheduler forgets, and what it keeps."""

from datetime import timedelta

from chassis.operations.purging import forget
from tests.scheduler.conftest import House
from tests.scheduler.team import failed


def test_runs_and_messages_go_when_their_time_is_over_and_what_has_not_ended_stays(house: House) -> None:
    house.others.team.does = lambda entry: failed()
    task = house.task()
    old, recent = house.start(task), house.start(task)
    house.settle()
    house.others.team.does = lambda entry: None
    going = house.start(task)
    house.work()
    ages = {"old": timedelta(days=401), "old_message": timedelta(days=91)}
    with house.open_work() as work:
        work.connection.exec_driver_sql(
            "UPDATE run SET create_time = create_time - %(old)s, end_time = end_time - %(old)s WHERE number <> %(n)s",
            ages | {"n": recent},
        )
        work.connection.exec_driver_sql(
            "UPDATE message SET create_time = create_time - %(old_message)s, read = true WHERE run = %(n)s",
            ages | {"n": old},
        )
        forgotten = {purge.what: forget(work.connection, purge) for purge in house.wiring.purges}
    assert forgotten["purge.runs"] == forgotten["purge.messages"] == 1
    assert [run.number for run in house.runs()] == [recent, going]
    assert [message.run for message in house.inbox("anne")] == [recent]
    with house.open_work() as work:
        assert set(work.connection.exec_driver_sql("SELECT run FROM attempt").scalars()) == {recent, going}
