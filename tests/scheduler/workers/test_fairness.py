"""One site's flood never starves another."""

from datetime import timedelta
from itertools import takewhile

from services.scheduler.application.steps import TOGETHER
from services.scheduler.domain.runs import Run, RunState
from tests.scheduler.conftest import House
from tests.scheduler.sites import make_site, task_at

FLOOD = 5_000


def test_two_runs_of_one_site_start_in_the_midst_of_5000_of_another(house: House) -> None:
    make_site(house, "flood")
    make_site(house, "calm")
    due = house.now() - timedelta(seconds=2)
    with house.open_work() as work:
        template = house.task("flot", cron="30 22 * * *")
        columns = ", ".join(
            work.connection.exec_driver_sql(
                "SELECT column_name FROM information_schema.columns"
                " WHERE table_name = 'task' AND column_name NOT IN ('number', 'site')"
            ).scalars()
        )
        parameters = {"flood": FLOOD, "n": template.number, "due": due}
        work.connection.exec_driver_sql(
            f"INSERT INTO task (site, {columns}) SELECT 'flood', {columns} FROM task, generate_series(1, %(flood)s)"
            " WHERE number = %(n)s",
            parameters,
        )
        work.connection.exec_driver_sql(
            "INSERT INTO task_schedule (task, next_time, fire_time)"
            " SELECT number, %(due)s, %(due)s FROM task WHERE site = 'flood'",
            parameters,
        )
    for title in ("a", "b"):
        task_at(house, "calm", title, cron="30 22 * * *", due=due + timedelta(seconds=1))
    while house.plan():
        pass
    assert house.count("run") == FLOOD + 2

    house.worker().drain("runs")
    while {run.state for run in of_site(house, "calm")} == {RunState.PENDING}:
        house.worker().drain("runs")
    started = [entry.site for entry in house.others.team.done]
    before = sum(1 for _ in takewhile(lambda site: site == "flood", started))
    assert before <= 2 * TOGETHER
    assert started.count("calm") == 2


def of_site(house: House, site: str) -> list[Run]:
    return [run for run in house.runs() if run.site == site]
