"""The scheduler of a benchmark: a database full of tasks, and its real processes."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa

from bench.processes import Processes
from bench.servers import Servers
from chassis.database import Database
from chassis.embedded.server import HOST, free_ports
from chassis.migrations import migrate
from chassis.service import Runtime
from console.stack.home import PERSON, StackHome
from console.stack.readiness import lives, serves
from services.scheduler.domain.schedules import Schedule
from services.scheduler.domain.tasks import TaskDraft, TaskState
from services.scheduler.domain.triggers import cron_trigger
from services.scheduler.settings import SchedulerSettings
from services.scheduler.storage.schedule import CHANNEL
from services.scheduler.storage.tables import task, task_schedule
from services.scheduler.wiring import SERVICE, Parts

TASK_TYPE, HANDLER = "bench.no-op", "bench"
EVERY_NIGHT = "0 2 * * *"


def addresses() -> dict[str, str]:
    """Free ports for everything that a process listens on."""
    names = ("LISTEN", "HEALTH_LISTEN", "METRICS_LISTEN")
    return {f"BACKROOM_{name}": f"{HOST}:{port}" for name, port in zip(names, free_ports(len(names)), strict=True)}


class SchedulerHouse:
    """The scheduler on a database of its own, and whoever does its tasks."""

    def __init__(self, servers: Servers, database: str, *, template: str | None = None) -> None:
        self._home = StackHome(servers.folder / database)
        self._home.open()
        self._handler = addresses()
        self._common = {
            "BACKROOM_BROKER_URL": servers.valkey.url,
            "BACKROOM_KEYRING": str(self._home.keyring),
            "BACKROOM_PRINCIPALS": str(self._home.principals),
            "BACKROOM_TOKEN": str(self._home.token("scheduler")),
            "BACKROOM_VAR": str(self._home.var),
        }
        url = servers.postgres.create_database(database, template=template)
        self.environment = {
            **self._common,
            "BACKROOM_DATABASE_URL": url,
            "BACKROOM_HANDLERS": f"{HANDLER}={self._handler['BACKROOM_LISTEN']}",
        }
        self.database = Database(url, application_name="backroom-bench")
        migrate(self.database, SERVICE.migrations)
        self.prepare()

    def close(self) -> None:
        """Lets the database and the folder go."""
        self.database.close()
        self._home.close()

    def prepare(self) -> None:
        """The rows that must be there, as the command `migrate` makes them."""
        runtime = self._runtime()
        SERVICE.prepare(runtime)
        runtime.close()

    def parts(self) -> Parts:
        """The scheduler in this very process, wired as it runs."""
        runtime = self._runtime()
        parts = Parts(runtime)
        runtime.bell.kinds = {kind.name: kind for kind in parts.wiring().kinds}
        return parts

    def _runtime(self) -> Runtime[SchedulerSettings]:
        told: Mapping[str, str] = {name.removeprefix("BACKROOM_").lower(): of for name, of in self.environment.items()}
        return Runtime(SERVICE, SchedulerSettings.model_validate(told), "bench", 5)

    def fill(self, tasks: int) -> None:
        """Makes so many tasks, all like the first, which the scheduler's own code writes; none has a next time yet."""
        parts = self.parts()
        schedule = Schedule(triggers=(cron_trigger(EVERY_NIGHT),))
        draft = TaskDraft(title="Rien", task_type=TASK_TYPE, site=parts.settings.site, schedule=schedule)
        with parts.open_work() as work:
            model = work.tasks.add(draft, handler=HANDLER, owner=PERSON, state=TaskState.ENABLED)
        parts.runtime.close()
        self.multiply(model, tasks - 1)

    def multiply(self, model: int, copies: int) -> None:
        """Adds so many copies of a task."""
        columns = ", ".join(column.name for column in task.c if column.name != "number")
        schedule = ", ".join(column.name for column in task_schedule.c if column.name != "task")
        statement = sa.text(
            f"""
            WITH copies AS (
                INSERT INTO task ({columns})
                SELECT {columns} FROM task, generate_series(1, :copies) WHERE number = :model RETURNING number
            )
            INSERT INTO task_schedule (task, {schedule})
            SELECT copies.number, {schedule} FROM copies, task_schedule WHERE task = :model
            """  # noqa: S608 - put together from the columns' names
        )
        with self.database.begin() as connection:
            connection.execute(statement, {"model": model, "copies": copies})
        self.tidy()

    def make_due(self, due: datetime) -> None:
        """Every task has its next occurrence then; planners are woken as when a person had said so."""
        with self.database.begin() as connection:
            connection.execute(sa.update(task_schedule).values(next_time=due, fire_time=due))
            connection.execute(sa.select(sa.func.pg_notify(CHANNEL, "")))

    def tidy(self) -> None:
        """What a night of autovacuum would have done."""
        with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")

    def now(self) -> datetime:
        """The database's clock."""
        with self.database.begin() as connection:
            instant: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return instant

    def count(self, what: str) -> int:
        """How many rows: a table, and a condition where one is wanted."""
        with self.database.begin() as connection:
            return int(connection.execute(sa.text(f"SELECT count(*) FROM {what}")).scalar_one())  # noqa: S608 - the caller's constant

    def start(self, processes: Processes, name: str, command: str) -> None:
        """One more process of the scheduler, ready when this returns."""
        listening = addresses()
        processes.start(name, ["-m", "services.scheduler", command], {**self.environment, **listening})
        processes.wait_for(name, lambda: lives(listening["BACKROOM_METRICS_LISTEN"]))

    def start_handler(self, processes: Processes, servers: Servers, database: str) -> Database:
        """The service that does the tasks, on a database of its own, which is answered."""
        url = servers.postgres.create_database(database)
        environment = {**self._common, "BACKROOM_DATABASE_URL": url, **self._handler}
        processes.run("handler-migrate", ["-m", "bench.noop", "migrate"], environment)
        processes.start("handler-serve", ["-m", "bench.noop", "serve"], environment)
        processes.wait_for("handler-serve", lambda: serves(environment["BACKROOM_HEALTH_LISTEN"]))
        listening = addresses()
        processes.start("handler-work", ["-m", "bench.noop", "work"], {**environment, **listening})
        processes.wait_for("handler-work", lambda: lives(listening["BACKROOM_METRICS_LISTEN"]))
        return Database(url, application_name="backroom-bench")
