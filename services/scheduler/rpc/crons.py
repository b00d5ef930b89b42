"""The `.crons` file: tasks as JSON, fields named as in the contract, without owner, site, numbers and secrets."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from google.protobuf.json_format import MessageToDict

from backroom.scheduler.v1 import scheduler_pb2
from chassis.errors import FieldProblem, InvalidInput
from chassis.rpc.messages import JSON, Problems
from chassis.rpc.strict_json import FILE, Doubled, FewProblems, below, check_json, load_json, read_message
from services.scheduler.application.update_task import placed
from services.scheduler.domain.errors import BadTrigger
from services.scheduler.domain.tasks import TaskDraft
from services.scheduler.rpc import render
from services.scheduler.rpc.parse import EDITABLE, parse_draft

FORMAT, VERSION = "backroom.crons", 1
MOST_BYTES = 16 * 1024 * 1024
MOST_TASKS = 10_000
MOST_PROBLEMS = 100  #: told of one file
MOST_PARTS = 500_000  #: lists and objects: each takes a hundred bytes of memory where it takes two of a file
MOST_NAMES = 2_000_000  #: of fields, likewise
HEAD = ("format", "version", "exported_at", "tasks")
FIELDS = ("title", "task_type", *(path for path in EDITABLE if path not in ("title", "site")))
PAUSED, LEFT_OUT = "paused", "left_out_secrets"  #: what stands beside the contract's fields


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledTask:
    """A task as a file has it; its site is not the file's to say."""

    draft: TaskDraft
    paused: bool
    left_out: Sequence[str]  #: paths of secrets that it had and that the file does not hold


def write_tasks(tasks: Iterable[FiledTask], exported_at: datetime) -> bytes:
    """The file: the same bytes for the same tasks, but for the time. Raises `InvalidInput` where it grows too large."""
    written: list[str] = []
    size = parts = 0
    for filed in tasks:
        written.append(json.dumps(_written(filed), ensure_ascii=False, indent=2).replace("\n", "\n    "))
        content = written[-1].encode()
        size, parts = size + len(content), parts + _parts(content)
        if size > MOST_BYTES - 1_000 or parts > MOST_PARTS - 10:
            said = f"the file would take more than {_mebibytes()}, or hold more than {MOST_PARTS:,} lists and objects"
            raise InvalidInput(FieldProblem("names", f"{said}; export fewer tasks at once"))
    head = {"format": FORMAT, "version": VERSION, "exported_at": exported_at.astimezone(UTC).isoformat()}
    lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    listed = ",\n    ".join(written)
    lines.append(f'  "tasks": [\n    {listed}\n  ]' if written else '  "tasks": []')
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


def read_tasks(content: bytes, problems: Problems) -> Sequence[FiledTask | None]:
    """The tasks of a file. One that cannot be read is None, and its problems are noted, each with its place.

    Raises `InvalidInput` where the file as a whole cannot be read.
    """
    if _parts(content) > MOST_PARTS or content.count(b":") > MOST_NAMES:
        said = f"holds more than {MOST_PARTS:,} lists and objects, or {MOST_NAMES:,} fields; import it in parts"
        raise InvalidInput(FieldProblem(FILE, said))
    document = load_json(content)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InvalidInput(FieldProblem("format", f"this is no `.crons` file: write `{FORMAT}`"))
    version = document.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InvalidInput(FieldProblem("version", f"write {VERSION}"))
    if version > VERSION:
        said = f"exported by a newer release: the file is of version {version}, and this one reads up to {VERSION}"
        raise InvalidInput(FieldProblem("version", f"{said}; import it into that release, or update this one"))
    tasks = document.get("tasks")
    if not isinstance(tasks, list):
        raise InvalidInput(FieldProblem("tasks", "write the list of tasks"))
    if len(tasks) > MOST_TASKS:
        raise InvalidInput(FieldProblem("tasks", f"{len(tasks):,} tasks; a file holds at most {MOST_TASKS:,}"))
    for name in sorted(set(document) - set(HEAD)):
        problems.add(name, f"is not a field here; the fields are {', '.join(HEAD)}")
    for name in document.twice if isinstance(document, Doubled) else ():
        problems.add(name, "stands twice in the file; leave one out")
    return [_read(task, f"tasks[{place}]", problems) for place, task in enumerate(tasks)]


def _written(filed: FiledTask) -> dict[str, JSON]:
    if filed.draft.schedule.unread:
        raise BadTrigger(f"`{filed.draft.title}`: another release wrote its triggers; export it with that one")
    message = render.render_draft(filed.draft)
    message.ClearField("options")  # numbers of a Struct are no whole ones
    rendered = MessageToDict(message, preserving_proto_field_name=True)
    written: dict[str, JSON] = {name: rendered[name] for name in FIELDS if name in rendered}
    options = json.loads(json.dumps(filed.draft.options, sort_keys=True))
    ordered: dict[str, JSON] = {"title": "", "task_type": "", "options": options, **written}
    if filed.left_out:
        ordered[LEFT_OUT] = [*filed.left_out]
    if filed.paused:
        ordered[PAUSED] = True
    return ordered


def _read(task: JSON, path: str, problems: Problems) -> FiledTask | None:
    """A task; None, and what is wrong with it."""
    try:
        return _read_strictly(task, path)
    except InvalidInput as error:
        problems.extend(error)
        return None


def _read_strictly(task: JSON, path: str) -> FiledTask:
    found = FewProblems(MOST_PROBLEMS)
    check_json(task, path, found.add)
    found.check()
    if not isinstance(task, dict):
        raise InvalidInput(FieldProblem(path, "write an object, one for each task"))
    message = scheduler_pb2.Task()
    beside = {name: value for name, value in task.items() if name in (PAUSED, LEFT_OUT)}
    paused = _flag(beside.get(PAUSED, False), below(path, PAUSED), found)
    left_out = _names(beside.get(LEFT_OUT, []), below(path, LEFT_OUT), found)
    fields = {name: value for name, value in task.items() if name not in beside}
    read_message(fields, message, path, found.add, FIELDS)
    found.check()
    drafted = Problems()
    draft = parse_draft(message, drafted)
    try:
        drafted.check()
    except InvalidInput as error:
        raise InvalidInput(*placed(error, f"{path}.")) from None
    return FiledTask(draft=draft, paused=paused, left_out=left_out)


def _flag(value: JSON, path: str, problems: Problems) -> bool:
    if not isinstance(value, bool):
        problems.add(path, "write true or false")
    return value is True


def _names(value: JSON, path: str, problems: Problems) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        problems.add(path, "write a list of names of options")
        return []
    return [str(each) for each in value]


def _parts(content: bytes) -> int:
    """How many lists and objects there are at most: those that begin, and what texts hold of such signs."""
    return content.count(b"{") + content.count(b"[")


def _mebibytes() -> str:
    return f"{MOST_BYTES // (1024 * 1024)} MiB"
