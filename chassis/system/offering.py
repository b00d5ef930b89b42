"""What every service offers beside its own: the system tasks, added to its wiring."""

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from chassis.database import Database
from chassis.operations.kinds import Kind
from chassis.operations.model import Lane
from chassis.operations.purging import Purge, common_purges
from chassis.service import Runtime, S, Wiring
from chassis.settings import ServiceSettings
from chassis.system.backup import Backup
from chassis.system.maintenance import Maintenance
from chassis.system.programs import find_pg_dump
from chassis.system.purge import PurgeNow
from chassis.tasks import TaskType
from chassis.work import Fence, UnitOfWork

FOLDER = "Système/Base de données"
LANE = Lane(name="system")  #: apart: upkeep takes long, and keeps nothing else waiting


def with_system_tasks(runtime: Runtime[S], wiring: Wiring) -> Wiring:
    """The wiring with the system tasks, and with everything that the service forgets."""
    purges = [*purges_of(runtime.settings), *wiring.purges]
    for purge in purges:
        runtime.texts.get(purge.what, runtime.settings.locale)  # who has no name is found at the start, not at night
    return replace(
        wiring,
        kinds=[*wiring.kinds, *_kinds(runtime, purges)],
        lanes=[*wiring.lanes, LANE],
        task_types=[*wiring.task_types, *_offered(runtime)],
        purges=purges,
    )


def task_types(service: str, *, backup: bool) -> Sequence[TaskType]:
    """The task types of a service; a backup only where it can be made."""
    names = ("maintenance", "backup", "purge") if backup else ("maintenance", "purge")
    return [
        TaskType(
            name=f"{service}.{name}",
            folder=FOLDER,
            title=f"system.{name}.title",
            description=f"system.{name}.description",
            produces_files=name == "backup",
            unspooled=name == "backup",
        )
        for name in names
    ]


def purges_of(settings: ServiceSettings) -> Sequence[Purge]:
    """What every service forgets, when its settings say."""
    return common_purges(
        operations=settings.operations_kept,
        repeats=settings.repeats_kept,
        journal=settings.journal_kept,
        business_journals=settings.business_journals_kept,
    )


def _kinds(runtime: Runtime[S], purges: Sequence[Purge]) -> Sequence[Kind]:
    service, database, locale = runtime.service.name, runtime.database, runtime.settings.locale

    def open_work(fence: Fence | None = None) -> UnitOfWork:
        return UnitOfWork(database, runtime.bell, fence)

    maintenance = Maintenance(database, open_work, runtime.texts, locale)
    backup = Backup(service, database, lambda: runtime.stager, runtime.texts)
    purge = PurgeNow(open_work, purges, runtime.texts, locale)
    return (
        Kind(name=f"{service}.maintenance", run=maintenance, lane=LANE.name),
        Kind(name=f"{service}.backup", run=backup, lane=LANE.name),
        Kind(name=f"{service}.purge", run=purge, lane=LANE.name),
    )


def _offered(runtime: Runtime[S]) -> Sequence[TaskType]:
    """Nothing where nobody asks: only a serving process is asked what it offers."""
    if runtime.process != "serve":
        return ()
    return task_types(runtime.service.name, backup=find_pg_dump(_server_version(runtime.database)) is not None)


def _server_version(database: Database) -> int:
    with database.begin() as connection:
        return int(connection.execute(sa.text("SHOW server_version_num")).scalar_one()) // 10_000
