"""Tonight's tasks: what they are, and how they are made to fire."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.timestamp_pb2 import Timestamp

from backroom.delivery.v1 import delivery_pb2
from backroom.scheduler.v1 import scheduler_pb2
from chassis.rpc.messages import JSON, json_to_struct
from console.connection import Connection
from console.demo.choice import Chosen
from console.demo.receivers import USER, Receivers

POOL = "nuit"  #: of capacity one: tonight's tasks follow each other
TICKETS_MAILED = 200  #: at most
AHEAD = 2  #: seconds between now and the first task; the planner fires it
APART = 1  #: seconds between two tasks; the pool keeps their order


@dataclass(frozen=True, slots=True, kw_only=True)
class NightTask:
    """A task of tonight."""

    title: str  #: it is known by this
    task_type: str
    options: Mapping[str, JSON] = field(default_factory=dict)
    destination: str = ""
    file_name: str = ""


def tonights_tasks(chosen: Chosen) -> list[NightTask]:
    """In their order. The data is of 2017, so the tasks name their days; in a shop the run's date would give them."""
    first, last = chosen.business_days
    days: dict[str, JSON] = {"first_date": first.isoformat(), "last_date": last.isoformat()}
    return [
        NightTask(title="Correction automatique des ventes", task_type="sales.correct-sales"),
        NightTask(title="Gestion des défectueux", task_type="sales.process-defectives"),
        NightTask(
            title="Export des ventes, un fichier par magasin",
            task_type="sales.export",
            options=days,
            destination="destinations/siege-sftp",
            file_name="ventes-{y}{m}{d}-{mag x}.csv",
        ),
        NightTask(
            title="Export des ventes de la chaîne",
            task_type="sales.export",
            options=days,
            destination="destinations/comptabilite",
            file_name="ventes-{y}{m}{d}.csv",
        ),
        NightTask(title="Magasin des 10 derniers achats", task_type="clients.last-purchases-store"),
        NightTask(
            title="Tickets de caisse par e-mail",
            task_type="mail.send-tickets",
            options={"date": chosen.last_day.isoformat(), "limit": TICKETS_MAILED},
        ),
    ]


def make_destinations(connection: Connection, receivers: Receivers, outgoing: Path) -> None:
    """The two places that files go to, as they are now."""
    sftp = delivery_pb2.Sftp(
        host="127.0.0.1",
        port=receivers.sftp_port,
        user_name=USER,
        password=receivers.password,
        host_key=receivers.host_key,
        folder="ventes",
    )
    folder = delivery_pb2.ServerPath(folder=str(outgoing / "comptabilite"))
    _make(connection, "siege-sftp", delivery_pb2.Destination(display_name="Siège (SFTP)", sftp=sftp))
    _make(
        connection,
        "comptabilite",
        delivery_pb2.Destination(display_name="Comptabilité (chemin sur le serveur)", server_path=folder),
    )


def _make(connection: Connection, id: str, destination: delivery_pb2.Destination) -> None:
    try:
        connection.delivery.CreateDestination(
            delivery_pb2.CreateDestinationRequest(
                destination_id=id, destination=destination, request_id=str(uuid.uuid4())
            )
        )
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.ALREADY_EXISTS:
            raise
        destination.name = f"destinations/{id}"
        method = destination.WhichOneof("method") or ""
        connection.delivery.UpdateDestination(
            delivery_pb2.UpdateDestinationRequest(
                destination=destination,
                update_mask=FieldMask(paths=["display_name", method]),
                request_id=str(uuid.uuid4()),
            )
        )


def let_fire(connection: Connection, tasks: list[NightTask]) -> list[scheduler_pb2.Task]:
    """Makes the tasks, or takes those of an earlier night, and sets each to fire once, seconds from now."""
    answer = connection.scheduler.ListTasks(scheduler_pb2.ListTasksRequest(page_size=1000, filter=f'pool = "{POOL}"'))
    there = {task.title: task for task in answer.tasks}
    ahead = AHEAD
    while True:
        start = int(time.time()) + ahead
        fired = [
            _set(connection, task, there.get(task.title), start + APART * index) for index, task in enumerate(tasks)
        ]
        if all(task.HasField("next_run_time") for task in fired):
            return fired
        # The machine was slower than that: an instant had passed before its task was stored.
        there = {task.title: task for task in fired}
        ahead *= 2


def _set(connection: Connection, task: NightTask, there: scheduler_pb2.Task | None, second: int) -> scheduler_pb2.Task:
    message = scheduler_pb2.Task(
        title=task.title,
        task_type=task.task_type,
        options=json_to_struct(task.options),
        triggers=[scheduler_pb2.Trigger(once=scheduler_pb2.OnceTrigger(time=Timestamp(seconds=second)))],
        destination=task.destination,
        file_name=task.file_name,
        pool=POOL,
    )
    request_id = str(uuid.uuid4())
    if there is None:
        return connection.scheduler.CreateTask(scheduler_pb2.CreateTaskRequest(task=message, request_id=request_id))
    message.name = there.name
    return connection.scheduler.UpdateTask(
        scheduler_pb2.UpdateTaskRequest(
            task=message,
            update_mask=FieldMask(paths=["options", "triggers", "destination", "file_name"]),
            request_id=request_id,
        )
    )
