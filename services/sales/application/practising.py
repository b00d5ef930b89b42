"""What a task of training mode leaves ("mode école"): its report and a line in the journal, and nothing else."""

from dataclasses import replace

from chassis.operations.execution import Execution
from chassis.operations.model import Outcome
from services.sales.application.correction_journal import LOCALE
from services.sales.application.ports import OpenWork, Words


def end_practice(open_work: OpenWork, words: Words, execution: Execution, practised: Outcome) -> None:
    """Ends the operation with what would have been done. Its transactions were rolled back before."""
    said = words.get("training.report", execution.task.locale)
    with open_work(execution.fence) as work:
        work.journal.write(
            words.get("journal.training", LOCALE, task=execution.task.task_title, run=execution.task.run),
            source=execution.kind,
            user=execution.caller,
            correlation=f"operations/{execution.id}",
        )
        execution.succeed(work, replace(practised, report=f"{said}\n{practised.report}"))
