"""The system tasks on the real stack: every database maintained in one run, and a backup that comes back row by row."""

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from backroom.delivery.v1 import delivery_pb2
from backroom.journal.v1 import journal_pb2
from backroom.scheduler.v1 import scheduler_pb2
from chassis.database import Database
from console.demo.receivers import USER
from console.stack.ports import SERVICES
from tests.chassis.system.restoring import contents, restore
from tests.journeys.asking import do, make
from tests.journeys.night import Night

#: What goes on by itself, or notes what the backup did.
MOVING = {"operation", "operation_progress", "operation_cancel", "worker", "request_result", "journal_entry"}


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
