"""From the wire: changes that people want of tasks, one or a selection."""

from collections.abc import Sequence
from dataclasses import dataclass

from backroom.scheduler.v1 import scheduler_pb2
from chassis.errors import FieldProblem, InvalidInput
from chassis.rpc.messages import Problems, check_mask
from services.scheduler.rpc.parse import EDITABLE, MOST_MARKED, parse_task_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A change of one task."""

    number: int
    message: scheduler_pb2.Task
    paths: frozenset[str]  #: fields to change
    place: str  #: where the task's fields stand in the request

    def masked(self) -> scheduler_pb2.Task:
        """The fields to change alone; absent where they are absent."""
        part = scheduler_pb2.Task()
        part.CopyFrom(self.message)
        for field in self.message.DESCRIPTOR.fields_by_name:
            if field not in self.paths:
                part.ClearField(field)
        return part


def parse_wanted(request: scheduler_pb2.UpdateTaskRequest, place: str = "") -> Wanted:
    """One change; `place` is where the request stands in another."""
    return Wanted(
        number=parse_task_number(request.task.name, f"{place}task.name"),
        message=request.task,
        paths=check_mask(request.update_mask, tuple(EDITABLE), f"{place}update_mask"),
        place=f"{place}task.",
    )


def parse_selection(requests: Sequence[scheduler_pb2.UpdateTaskRequest]) -> Sequence[Wanted]:
    """Changes of 1 to 1,000 different tasks. Raises `InvalidInput` with every problem."""
    if not 1 <= len(requests) <= MOST_MARKED:
        raise InvalidInput(FieldProblem("requests", f"write 1 to {MOST_MARKED} requests"))
    problems = Problems()
    selection: dict[int, Wanted] = {}
    for place, request in enumerate(requests):
        try:
            wanted = parse_wanted(request, f"requests[{place}].")
        except InvalidInput as error:
            problems.extend(error)
            continue
        if wanted.number in selection:
            problems.add(f"{wanted.place}name", f"{request.task.name} stands twice in the selection; leave one out")
        selection[wanted.number] = wanted
    problems.check()
    return list(selection.values())
