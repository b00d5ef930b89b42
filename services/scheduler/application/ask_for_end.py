"""Handlers are asked for the end of attempts, by a step that is repeated until they answer."""

from collections import defaultdict
from collections.abc import Sequence

from chassis.operations import NewOperation
from chassis.operations.model import OperatingMode
from services.scheduler.application.ports import Work
from services.scheduler.domain.runs import Attempt

CANCEL_ATTEMPTS = "scheduler.cancel-attempts"  #: a handler is asked to end attempts
MOST_ASKED = 1_000  #: attempts in one call
NEVER_HELD = OperatingMode.ISOLATED  #: what is to end may end whatever its site's mode is


def ask_for_end(work: Work, attempts: Sequence[Attempt]) -> None:
    """Of attempts whose runs the caller holds: those whose end was asked for before are not asked for again."""
    new = [attempt for attempt in attempts if attempt.cancel_time is None]
    if not new:
        return
    by_handler: defaultdict[str, list[str]] = defaultdict(list)
    for attempt in new:
        by_handler[attempt.handler].append(str(attempt.id))
    work.deadlines.note_asked([attempt.id for attempt in new])
    work.operations.add_many(
        [
            NewOperation(
                kind=CANCEL_ATTEMPTS,
                request={"handler": handler, "attempts": ids[start : start + MOST_ASKED]},
                mode=NEVER_HELD,
            )
            for handler, ids in by_handler.items()
            for start in range(0, len(ids), MOST_ASKED)
        ]
    )
