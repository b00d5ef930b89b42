"""The system tasks on the real stack: every database maintained in one run, and a backup that comes back row by row."""

import time
import uuid
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from backroom.delivery.v1 import delivery_pb2
from backroom.journal.v1 import journal_pb2
from backroom.scheduler.v1 import scheduler_pb2
from chassis.database import Database
from console.demo.receivers import USER
from console.demo.source import Slice
from console.stack.ports import SERVICES
from tests.chassis.system.restoring import contents, restore
from tests.journeys.night import Night

ENDED = {
    scheduler_pb2.Run.STATE_SUCCEEDED,
    scheduler_pb2.Run.STATE_DELIVERED,
    scheduler_pb2.Run.STATE_FAILED,
    scheduler_pb2.Run.STATE_SPOOLED,
    scheduler_pb2.Run.STATE_NOT_EXECUTED,
    scheduler_pb2.Run.STATE_CANCELLED,
}
#: What goes on by itself, or notes what the backup did.
MOVING = {"operation", "operation_progress", "operation_cancel", "worker", "request_result", "journal_entry"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """A chain of one store and one day, loaded and at rest."""
    chosen = Slice(days=1, stores=frozenset({295}))
    with Night(tmp_path_factory.mktemp("upkeep"), fast=True, chosen=chosen) as night:
        night.load()
        yield night


def do(night: Night, task_type: str, destination: str = "", file_name: str = "") -> scheduler_pb2.Run:
    """A task of the type, started by hand and waited for."""
    scheduler = night.connection.scheduler
    task = scheduler.CreateTask(
        scheduler_pb2.CreateTaskRequest(
            task=scheduler_pb2.Task(title=task_type, task_type=task_type, destination=destination, file_name=file_name),
            request_id=str(uuid.uuid4()),
        )
    )
    run = scheduler.RunTask(scheduler_pb2.RunTaskRequest(name=task.name, request_id=str(uuid.uuid4())))
    until = time.monotonic() + 120
    while run.state not in ENDED:
        assert time.monotonic() < until, run
        time.sleep(0.1)
        run = scheduler.GetRun(scheduler_pb2.GetRunRequest(name=run.name))
    return run


def test_every_service_offers_the_system_tasks(shop: Night) -> None:
    offered = shop.connection.scheduler.ListTaskTypes(scheduler_pb2.ListTaskTypesRequest())
    assert not offered.unavailable_handlers
    names = {each.name for each in offered.task_types}
    assert {f"{service}.{task}" for service in SERVICES for task in ("maintenance", "backup", "purge")} <= names
    titles = {each.name: each.title for each in offered.task_types}
    assert titles["mail.backup"] == "Sauvegarde de la base"


def test_one_run_maintains_all_databases_and_reports_on_each(shop: Night) -> None:
    run = do(shop, "scheduler.maintenance-all")
    assert run.state == scheduler_pb2.Run.STATE_SUCCEEDED, run
    lines = run.report.splitlines()
    assert lines[0::2] == [*(f"{service} :" for service in sorted(SERVICES)), lines[-1]]
    assert all("s'est déroulée sans erreur" in line for line in lines[1:-1:2])
    assert lines[-1].startswith("Durée totale : ")
    entries = shop.connection.journal("sales").ListEntries(
        journal_pb2.ListEntriesRequest(page_size=1000, filter='source = "maintenance"')
    )
    texts = {entry.text for entry in entries.entries}
    assert {"REINDEX «ticket_line»", "VACUUM «ticket_line»"} <= texts


def test_a_purge_of_all_finds_nothing_old_yet(shop: Night) -> None:
    run = do(shop, "scheduler.purge-all")
    assert run.state == scheduler_pb2.Run.STATE_SUCCEEDED, run
    assert run.report.count("Rien à purger") == len(SERVICES)


def make(night: Night, identifier: str, destination: delivery_pb2.Destination) -> None:
    destination.display_name = identifier.title()
    night.connection.delivery.CreateDestination(
        delivery_pb2.CreateDestinationRequest(
            destination_id=identifier, destination=destination, request_id=str(uuid.uuid4())
        )
    )


@pytest.mark.parametrize("where", ["server path", "sftp"])
def test_a_backup_streams_to_its_destination_and_is_restored_row_by_row(shop: Night, where: str) -> None:
    receivers, name = shop.receivers, where.replace(" ", "-")
    if where == "sftp":
        folder = receivers.files / "sauvegardes"
        method = delivery_pb2.Sftp(
            host="127.0.0.1",
            port=receivers.sftp_port,
            user_name=USER,
            password=receivers.password,
            host_key=receivers.host_key,
            folder="sauvegardes",
        )
        make(shop, name, delivery_pb2.Destination(sftp=method))
    else:
        folder = shop.outgoing / "sauvegardes"
        make(shop, name, delivery_pb2.Destination(server_path=delivery_pb2.ServerPath(folder=str(folder))))
    run = do(shop, "sales.backup", f"destinations/{name}", "ventes-{y}{m}{d}.dump")
    assert run.state == scheduler_pb2.Run.STATE_SUCCEEDED, run
    (file,) = folder.iterdir()
    assert file.name in run.report
    (sent,) = shop.connection.delivery.ListFiles(delivery_pb2.ListFilesRequest(filter=f'run = "{run.name}"')).files
    assert (sent.unspooled, sent.file.size_bytes) == (True, file.stat().st_size)
    url = sa.make_url(shop.stack.database_url("sales"))
    database = f"restored_{name.replace('-', '_')}"
    with psycopg.connect(
        url.set(drivername="postgresql", database="postgres").render_as_string(hide_password=False), autocommit=True
    ) as server:
        server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(database)))
    live = Database(url.render_as_string(hide_password=False), application_name="live")
    restored = Database(url.set(database=database).render_as_string(hide_password=False), application_name="restored")
    try:
        restore(file, restored)
        before, after = contents(live), contents(restored)
    finally:
        live.close()
        restored.close()
    assert after.keys() == before.keys()
    assert len(after["ticket_line"]) > 30
    assert [table for table in after.keys() - MOVING if after[table] != before[table]] == []


def test_a_backup_to_what_holds_messages_fails_with_what_to_do(shop: Night) -> None:
    make(
        shop,
        "courrier",
        delivery_pb2.Destination(email=delivery_pb2.Email(recipients=["base@example.org"], subject="Base")),
    )
    run = do(shop, "mail.backup", "destinations/courrier", "mails.dump")
    assert run.state == scheduler_pb2.Run.STATE_FAILED, run
    assert "Choisissez pour cette tâche un répertoire" in run.error.message
    assert not shop.connection.delivery.ListFiles(delivery_pb2.ListFilesRequest(filter=f'run = "{run.name}"')).files


def test_every_database_can_be_backed_up_even_delivery_s_own(shop: Night) -> None:
    folder = shop.outgoing / "toutes"
    make(shop, "toutes", delivery_pb2.Destination(server_path=delivery_pb2.ServerPath(folder=str(folder))))
    for service in SERVICES:
        run = do(shop, f"{service}.backup", "destinations/toutes", f"{service}.dump")
        assert run.state == scheduler_pb2.Run.STATE_SUCCEEDED, run
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{service}.dump" for service in SERVICES)
