"""Kinds of operation that post, correct and clear, and the task types that people see of them."""

from collections.abc import Callable

from chassis.operations.execution import Execution
from chassis.operations.kinds import Kind
from chassis.operations.model import Lane, Outcome
from chassis.tasks import TaskType
from services.sales.application.correct_sales import CorrectSales
from services.sales.application.correction_options import CorrectionOptions
from services.sales.application.import_tickets import POST_TICKETS
from services.sales.application.post_tickets import PostTickets
from services.sales.application.process_defectives import ProcessDefectives

CORRECT_SALES = TaskType(
    name="sales.correct-sales",
    folder="Système",
    title="task.correct-sales.title",
    description="task.correct-sales.description",
    options=CorrectionOptions,
)
PROCESS_DEFECTIVES = TaskType(
    name="sales.process-defectives",
    folder="Système",
    title="task.process-defectives.title",
    description="task.process-defectives.description",
)
LONG = Lane(name="long")


def sales_kinds(post: PostTickets, correct: CorrectSales, clear: ProcessDefectives) -> tuple[Kind, ...]:
    """The kinds. Previews do the same as what they preview, and keep nothing."""
    return (
        Kind(name=POST_TICKETS, run=post, lane=LONG.name, limit=1),
        Kind(name=CORRECT_SALES.name, run=_correct(correct), lane=LONG.name, limit=1),
        Kind(name="sales.preview-correction", run=_preview(correct), lane=LONG.name, limit=1),
        Kind(name=PROCESS_DEFECTIVES.name, run=clear, lane=LONG.name, limit=1),
        Kind(name="sales.preview-defectives", run=clear.preview, lane=LONG.name, limit=1),
    )


def _correct(correct: CorrectSales) -> Callable[[Execution], None]:
    def run(execution: Execution) -> None:
        correct(execution, CorrectionOptions.model_validate(execution.request).order)

    return run


def _preview(correct: CorrectSales) -> Callable[[Execution], Outcome]:
    def run(execution: Execution) -> Outcome:
        return correct.preview(execution, CorrectionOptions.model_validate(execution.request).order)

    return run
