"""Whether a task may be saved as somebody wrote it: every problem at once, each with its field."""

from dataclasses import dataclass, replace

from chassis.errors import FieldProblem, InvalidInput, Unavailable
from services.scheduler.application.ports import Handlers, People
from services.scheduler.domain.errors import UnknownZone
from services.scheduler.domain.sites import Site
from services.scheduler.domain.task_types import TaskType, check_options, with_defaults
from services.scheduler.domain.tasks import TaskDraft, draft_problems
from services.scheduler.domain.triggers import zone_named


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDraft:
    """Checks drafts against what the handlers offer now. Call it outside of transactions: it may ask handlers."""

    handlers: Handlers
    people: People
    site: Site
    locale: str

    def __call__(self, draft: TaskDraft) -> tuple[TaskDraft, TaskType]:
        """The draft with its site and its options' defaults filled in, and its type. Raises `InvalidInput`."""
        draft = replace(draft, site=draft.site or self.site.name)
        kind = self._kind(draft.task_type)
        draft = replace(draft, options=with_defaults(draft.options, kind.options_schema))
        problems = [*draft_problems(draft, kind, self.site.name), *check_options(draft.options, kind.options_schema)]
        if draft.time_zone:
            try:
                zone_named(draft.time_zone)
            except UnknownZone as error:
                problems.append(FieldProblem("task.time_zone", str(error)))
        for place, principal in enumerate(draft.notification.principals):
            if not self.people.known(principal):
                problems.append(
                    FieldProblem(f"task.notification.principals[{place}]", f"nobody is called `{principal}`")
                )
        if problems:
            raise InvalidInput(*problems)
        return draft, kind

    def _kind(self, name: str) -> TaskType:
        catalogue = self.handlers.catalogue(self.locale)
        kind = catalogue.find(name)
        if kind is not None:
            return kind
        if catalogue.unavailable_handlers and name:
            away = ", ".join(catalogue.unavailable_handlers)
            raise Unavailable(f"whether `{name}` is a task type cannot be told now: {away} does not answer")
        offered = ", ".join(kind.name for kind in catalogue.task_types) or "none"
        raise InvalidInput(FieldProblem("task.task_type", f"`{name}` is not a task type; the types are {offered}"))
