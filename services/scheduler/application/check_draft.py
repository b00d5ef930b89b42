"""Whether a task may be saved as somebody wrote it: every problem at once, each with its field."""

from dataclasses import dataclass, field, replace

from chassis.errors import FieldProblem, InvalidInput, Unavailable
from services.scheduler.application.ports import Handlers, People
from services.scheduler.domain.errors import UnknownZone
from services.scheduler.domain.secret_options import missing_secrets, with_secrets, without_secrets
from services.scheduler.domain.task_types import Catalogue, TaskType, check_options, with_defaults
from services.scheduler.domain.tasks import TaskDraft, draft_problems
from services.scheduler.domain.triggers import zone_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What handlers offer, asked once for each site, however many tasks are looked at."""

    handlers: Handlers
    locale: str
    _asked: dict[str, Catalogue] = field(default_factory=dict)

    def kind_of(self, draft: TaskDraft) -> TaskType:
        """A task's type. Raises `InvalidInput`, or `Unavailable` where somebody who does not answer may know it."""
        name = draft.task_type
        catalogue = self._at("")
        if catalogue.find(name) is None:  # the site's own handlers may offer it
            catalogue = self._at(draft.site)
        kind = catalogue.find(name)
        if kind is not None:
            return kind
        if catalogue.unavailable_handlers and name:
            away = ", ".join(catalogue.unavailable_handlers)
            raise Unavailable(f"whether `{name}` is a task type cannot be told now: {away} does not answer")
        offered = ", ".join(kind.name for kind in catalogue.task_types) or "none"
        raise InvalidInput(FieldProblem("task.task_type", f"`{name}` is not a task type; the types are {offered}"))

    def _at(self, site: str) -> Catalogue:
        if site not in self._asked:
            self._asked[site] = self.handlers.catalogue(self.locale, site)
        return self._asked[site]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDraft:
    """Checks drafts against what the handlers offer now. Call it outside of transactions: it may ask handlers."""

    handlers: Handlers
    people: People
    default_site: str
    locale: str

    def __call__(self, draft: TaskDraft) -> tuple[TaskDraft, TaskType]:
        """The draft with its site and its options' defaults filled in, and its type. Raises `InvalidInput`."""
        return self.among(self.offers(), draft)

    def offers(self) -> Offers:
        """What the handlers offer now; a selection of drafts is checked against one and the same."""
        return Offers(handlers=self.handlers, locale=self.locale)

    def among(
        self,
        offers: Offers,
        draft: TaskDraft,
        *,
        before: TaskDraft | None = None,
        secrets_may_lack: bool = False,
    ) -> tuple[TaskDraft, TaskType]:
        """The same, among offers. A draft without the secrets of the one `before` it keeps them.

        Secrets that are required may lack where the caller sees to them.
        """
        draft = replace(draft, site=draft.site or self.default_site)
        kind = offers.kind_of(draft)
        options = draft.options if before is None else with_secrets(draft.options, before.options, kind.options_schema)
        draft = hidden(replace(draft, options=with_defaults(options, kind.options_schema)), kind)
        lacking = missing_secrets(draft.options, kind.options_schema) if secrets_may_lack else ()
        forgiven = {f"task.options.{path}" for path in lacking}
        problems = [
            *draft_problems(draft, kind),
            *(each for each in check_options(draft.options, kind.options_schema) if each.field not in forgiven),
        ]
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


def hidden(draft: TaskDraft, kind: TaskType) -> TaskDraft:
    """The draft, and what is shown of its options: its secrets are for its handler alone."""
    shown, secrets = without_secrets(draft.options, kind.options_schema)
    return replace(draft, shown_options=shown if secrets else None)
