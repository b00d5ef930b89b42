"""Files of tasks, sent to a real server and asked of it."""

import json
from collections.abc import Iterable, Iterator, Sequence

from backroom.scheduler.v1 import scheduler_pb2
from tests.scheduler.rpc.conftest import Served

Import = scheduler_pb2.ImportTasksRequest
Imported = scheduler_pb2.ImportTasksResponse.ImportedTask


def header(**more: object) -> Import:
    return Import(header=Import.Header(**more))  # type: ignore[arg-type]  # the test's shorthand


def pieces(content: bytes, size: int = 50_000) -> Iterator[Import]:
    for start in range(0, len(content), size):
        yield Import(chunk=content[start : start + size])


def bring(served: Served, content: bytes, who: str = "anne", **more: object) -> Sequence[Imported]:
    return served.tasks(who).ImportTasks(iter([header(**more), *pieces(content)])).tasks


def export(served: Served, *names: str, filter: str = "") -> bytes:
    request = scheduler_pb2.ExportTasksRequest(names=names, filter=filter)
    return b"".join(answer.chunk for answer in served.tasks("brian").ExportTasks(request))


def crons(listed: Iterable[object], **more: object) -> bytes:
    return json.dumps({"format": "backroom.crons", "version": 1, "tasks": [*listed]} | more).encode()


def a_task(title: object = "Nuit", **more: object) -> dict[str, object]:
    return {"title": title, "task_type": "team.report", "triggers": [{"cron": {"expression": "30 22 * * *"}}]} | more
