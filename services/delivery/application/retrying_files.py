"""Has files sent again now, because a person has mended what kept them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.errors import FieldProblem, InvalidInput
from chassis.texts import Texts
from services.delivery.application.failing_tries import retry_of
from services.delivery.application.ports import Work
from services.delivery.domain.destinations import destination_name
from services.delivery.domain.spool import ON_ITS_WAY, FileState

SOURCE = "spool"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryDelivery:
    """In the transaction of the call: the files are as if they had never failed, and work to send them is stored.

    What the mode of a site holds back stays held. A file that is being sent just now goes on as it is.
    """

    texts: Texts
    locale: str  #: of the journal

    def __call__(self, work: Work, files: Sequence[UUID], destination: str, caller: str) -> int:
        """Answers how many files are sent again. `files` where any are named, else all that wait for `destination`.

        Raises `InvalidInput` for a file that does not wait, `UnknownResource` for a destination that is none.
        """
        named = bool(files)
        if named:
            self._check(work, files)
        else:
            work.destinations.get(destination)
            files = work.unsent.waiting_for(destination)
        count, tasks = work.unsent.again(files, named=named)
        if count:
            work.operations.add_many([retry_of(task, site) for task, site in tasks.items()])
            what = destination_name(destination) if destination else ", ".join(f"tasks/{task}" for task in tasks)
            text = self.texts.get("journal.retried", self.locale, files=count, what=what)
            work.journal.write(text, source=SOURCE, user=caller)
        return count

    def _check(self, work: Work, files: Sequence[UUID]) -> None:
        found = work.unsent.hold(files)
        problems: list[FieldProblem] = []
        for place, identifier in enumerate(files):
            file = found.get(identifier)
            if file is None:
                problems.append(FieldProblem(f"files[{place}]", f"files/{identifier} is not in the spool"))
            elif file.unspooled or file.state not in ON_ITS_WAY | {FileState.PARKED}:
                said = f"files/{identifier} is {file.state.value}"
                problems.append(FieldProblem(f"files[{place}]", f"{said}; only a file that waits can be sent again"))
        if problems:
            raise InvalidInput(*problems)
