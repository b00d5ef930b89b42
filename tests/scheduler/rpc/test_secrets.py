"""Options that are secrets, on a real server: nobody reads them again, and nobody has to write them again."""

import grpc
import pytest

from backroom.scheduler.v1 import scheduler_pb2
from backroom.task.v1 import task_pb2
from tests.scheduler.rpc.conftest import Served, struct, task, wrong_fields

SECRETIVE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["password"],
    "properties": {
        "user": {"type": "string"},
        "password": {"type": ["string", "null"], "writeOnly": True},
        "server": {"type": "object", "properties": {"token": {"type": "string", "format": "password"}}},
        "keys": {"type": "array", "items": {"type": "string", "writeOnly": True}},
    },
}
OPTIONS = {"user": "u", "password": "s3cret", "server": {"token": "t0ken"}, "keys": ["k3y"]}
SHOWN = {"user": "u", "server": {}}


def secretive(served: Served) -> scheduler_pb2.Task:
    schema = struct(**SECRETIVE)
    kind = task_pb2.TaskType(name="team.secretive", folder="Autres", title="Secret", options_schema=schema)
    served.house.others.team.types.append(kind)
    return served.create(task("Envoi", task_type="team.secretive", options=struct(**OPTIONS)))


def kept(served: Served) -> object:
    with served.house.open_work() as work:
        return work.tasks.get(1).draft.options


def update(served: Served, *paths: str, **options: object) -> scheduler_pb2.Task:
    request = scheduler_pb2.UpdateTaskRequest(task=task("Autre", name="tasks/1", options=struct(**options)))
    request.task.ClearField("task_type")
    request.update_mask.paths.extend(paths)
    return served.tasks().UpdateTask(request)


def test_no_answer_shows_a_secret_and_the_task_keeps_it(served: Served) -> None:
    made = secretive(served)
    tasks = served.tasks("brian")
    (listed,) = tasks.ListTasks(scheduler_pb2.ListTasksRequest()).tasks
    shown = [
        made,
        listed,
        tasks.GetTask(scheduler_pb2.GetTaskRequest(name=made.name)),
        tasks.DuplicateTask(scheduler_pb2.DuplicateTaskRequest(name=made.name)),
        served.tasks().PauseTask(scheduler_pb2.PauseTaskRequest(name=made.name)),
    ]
    assert [each.options for each in shown] == [struct(**SHOWN)] * 5
    assert kept(served) == OPTIONS


def test_an_update_that_leaves_a_secret_out_keeps_it(served: Served) -> None:
    secretive(served)
    assert update(served, "options", user="v", server={}).options == struct(user="v", server={})
    assert kept(served) == OPTIONS | {"user": "v"}
    assert update(served, "title").options == struct(user="v", server={})
    assert kept(served) == OPTIONS | {"user": "v"}


def test_an_update_that_brings_a_secret_changes_it_and_does_not_show_it(served: Served) -> None:
    secretive(served)
    assert update(served, "options", user="u", password="n3w", keys=[]).options == struct(user="u")
    assert kept(served) == {"user": "u", "password": "n3w", "keys": []}
    assert update(served, "options", password=None).options == struct()
    assert kept(served) == {"password": None, "keys": []}


def test_a_copy_asks_for_its_own_secrets(served: Served) -> None:
    made = secretive(served)
    draft = served.tasks().DuplicateTask(scheduler_pb2.DuplicateTaskRequest(name=made.name))
    with pytest.raises(grpc.RpcError) as refused:
        served.create(draft)
    assert wrong_fields(refused.value) == ["task.options.password"]
