"""What people are told of a run that has ended: whether, whom, and in which words (keys of the catalogue)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.scheduler.domain.results import UNEXPLAINED
from services.scheduler.domain.runs import WELL, Failure, Run, RunState, Terms
from services.scheduler.domain.tasks import DESTINATION_PREFIX, NotifyWhen

#: Reason of a run that was not begun because its destination did not answer; the message tells it in the seed's words.
DESTINATION_UNREACHABLE = "DESTINATION_UNREACHABLE"
#: Delivery's reason where it has set files aside: they wait for a person, who has to know.
PARKED_IN_SPOOL = "PARKED_IN_SPOOL"

#: Ends whose cause lies at the destination.
AT_DESTINATION = frozenset({RunState.SPOOLED, RunState.NOT_EXECUTED})

#: Causes that the machinery gives, in English: people are told them in a sentence of the catalogue.
CAUSES: Mapping[str, str] = {
    reason: f"cause.{reason.lower()}"
    for reason in (
        "UNEXPLAINED",
        "CANCELLED",
        "CANCELLED_BEFORE_START",
        "DEADLINE_PASSED",
        "INTERNAL",
        "NOT_ALLOWED",
        "SITE_OFFLINE",
        "UNAVAILABLE",
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text of the catalogue and what fills it."""

    key: str
    values: dict[str, str]


def told(terms: Terms, state: RunState, went_well: bool | None) -> Sequence[str]:
    """The principals whose inbox gets a message. `went_well` tells of the task's run before; None: there is none."""
    notification, well = terms.notification, state in WELL
    silent = {
        NotifyWhen.ALWAYS: False,
        NotifyWhen.ON_ERROR: well,
        NotifyWhen.ON_CHANGE: well is went_well,
        NotifyWhen.NEVER: True,
    }
    if silent[notification.when]:
        return ()
    return tuple(dict.fromkeys(notification.principals or (terms.owner,)))


def subject(run: Run, state: RunState, failure: Failure | None) -> Words:
    """The subject of the message."""
    return Words(key=f"inbox.subject.{_end(state, failure)}", values={"title": run.task_title})


def cause(terms: Terms, state: RunState, failure: Failure) -> Words | None:
    """Our sentence for a failure; None where its own message says it best, as the far server's answer always does."""
    if state in AT_DESTINATION and failure != UNEXPLAINED:
        return None
    key = CAUSES.get(failure.reason)
    return None if key is None else Words(key=key, values={"owner": terms.owner})


def trouble(terms: Terms, state: RunState, failure: Failure | None, cause: str) -> Words | None:
    """What went wrong, in the seed's words: the cause and never a stack; None where nothing did."""
    if state in WELL:
        return None
    if state in AT_DESTINATION:
        place = terms.destination.removeprefix(DESTINATION_PREFIX)
        return Words(key=f"report.{_end(state, failure)}", values={"destination": place, "cause": cause})
    details = "".join(f"\n{problem.field}: {problem.description}" for problem in failure.problems) if failure else ""
    return Words(key=f"report.{state.value}", values={"cause": cause + details})


def _end(state: RunState, failure: Failure | None) -> str:
    """What the catalogue calls an end: of files that wait for a person, it does not say that they go by themselves."""
    return "parked" if failure is not None and failure.reason == PARKED_IN_SPOOL else state.value
