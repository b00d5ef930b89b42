"""What people are told of a run that has ended: whether, whom, and in which words (keys of the catalogue)."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.scheduler.domain.runs import WELL, Failure, Run, RunState, Terms
from services.scheduler.domain.tasks import DESTINATION_PREFIX, NotifyWhen

#: Reason of a run that was not begun because its destination did not answer; the message tells it in the seed's words.
DESTINATION_UNREACHABLE = "DESTINATION_UNREACHABLE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text of the catalogue and what fills it."""

    key: str
    values: dict[str, str]


def told(terms: Terms, state: RunState) -> Sequence[str]:
    """The principals whose inbox gets a message."""
    notification = terms.notification
    if notification.when is NotifyWhen.NEVER or (notification.when is NotifyWhen.ON_ERROR and state in WELL):
        return ()
    return tuple(dict.fromkeys(notification.principals or (terms.owner,)))


def subject(run: Run, state: RunState) -> Words:
    """The subject of the message."""
    return Words(key=f"inbox.subject.{state.value}", values={"title": run.task_title})


def trouble(terms: Terms, state: RunState, failure: Failure | None) -> Words | None:
    """What went wrong, in the seed's words: the cause and never a stack; None where nothing did."""
    if state in WELL:
        return None
    cause = "" if failure is None else failure.message
    if state in (RunState.SPOOLED, RunState.NOT_EXECUTED):
        place = terms.destination.removeprefix(DESTINATION_PREFIX)
        return Words(key=f"report.{state.value}", values={"destination": place, "cause": cause})
    details = "".join(f"\n{problem.field}: {problem.description}" for problem in failure.problems) if failure else ""
    return Words(key=f"report.{state.value}", values={"cause": cause + details})
