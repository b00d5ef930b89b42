"""What people have a stack do: tasks started by hand, places made."""

import time
import uuid
from collections.abc import Mapping

from backroom.delivery.v1 import delivery_pb2
from backroom.scheduler.v1 import scheduler_pb2
from chassis.rpc.messages import JSON, json_to_struct
from tests.journeys.night import Night

ENDED = {
    scheduler_pb2.Run.STATE_SUCCEEDED,
    scheduler_pb2.Run.STATE_DELIVERED,
    scheduler_pb2.Run.STATE_FAILED,
    scheduler_pb2.Run.STATE_SPOOLED,
    scheduler_pb2.Run.STATE_NOT_EXECUTED,
    scheduler_pb2.Run.STATE_CANCELLED,
}


def do(
    night: Night, task_type: str, destination: str = "", file_name: str = "", options: Mapping[str, JSON] | None = None
) -> scheduler_pb2.Run:
    """A task of the type, started by hand and waited for."""
    scheduler = night.connection.scheduler
    wanted = scheduler_pb2.Task(
        title=task_type,
        task_type=task_type,
        destination=destination,
        file_name=file_name,
        options=json_to_struct(options or {}),
    )
    task = scheduler.CreateTask(scheduler_pb2.CreateTaskRequest(task=wanted, request_id=str(uuid.uuid4())))
    run = scheduler.RunTask(scheduler_pb2.RunTaskRequest(name=task.name, request_id=str(uuid.uuid4())))
    until = time.monotonic() + 120
    while run.state not in ENDED:
        assert time.monotonic() < until, run
        time.sleep(0.1)
        run = scheduler.GetRun(scheduler_pb2.GetRunRequest(name=run.name))
    return run


def make(night: Night, identifier: str, destination: delivery_pb2.Destination) -> None:
    destination.display_name = identifier.title()
    night.connection.delivery.CreateDestination(
        delivery_pb2.CreateDestinationRequest(
            destination_id=identifier, destination=destination, request_id=str(uuid.uuid4())
        )
    )
