"""A task: trigger, typed job, where its files go, who is told."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.errors import FieldProblem
from services.scheduler.domain.errors import BadFileName
from services.scheduler.domain.file_names import check_file_name, is_clean
from services.scheduler.domain.policies import MAX_JITTER, MisfireKind, MisfirePolicy, Overlap, misfire_problems
from services.scheduler.domain.schedules import Schedule
from services.scheduler.domain.task_types import JSON, TaskType

MAX_TITLE, MAX_POOL, MAX_PRINCIPALS, MAX_ATTEMPTS = 200, 63, 100, 10
DEFAULT_BACKOFF = timedelta(seconds=60)
MAX_BACKOFF = timedelta(days=1)
MAX_TIMEOUT = timedelta(days=31)
NEVER = Schedule()  #: somebody starts the task by hand
ONCE = MisfirePolicy()
OWN_POOL = "tasks/"  #: how the pools begin that tasks have for themselves
DESTINATION_PREFIX = "destinations/"
DESTINATION = re.compile(r"destinations/[a-z][a-z0-9-]{0,62}")


class TaskState(StrEnum):
    """Whether a task fires."""

    ENABLED = "enabled"  #: fires
    PAUSED = "paused"  #: a person stopped it
    COMPLETED = "completed"  #: no occurrence is left


class NotifyWhen(StrEnum):
    """After which runs people are told."""

    ALWAYS = "always"  #: after every run
    ON_ERROR = "on_error"  #: after a run that did not succeed
    ON_CHANGE = "on_change"  #: after a run that went otherwise than the one before
    NEVER = "never"  #: not at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """Who is told of a run."""

    when: NotifyWhen = NotifyWhen.ALWAYS
    principals: Sequence[str] = ()  #: empty means the owner
    mail: bool = False  #: by mail, too


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often a failed attempt is tried again."""

    max_attempts: int = 1
    initial_backoff: timedelta = DEFAULT_BACKOFF

    def backoff(self, ended: int) -> timedelta | None:
        """How long to wait after attempt number `ended` before the next one; None where there is no next."""
        if ended >= self.max_attempts:
            return None
        return min(self.initial_backoff * (1 << (ended - 1)), MAX_BACKOFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDraft:
    """What people edit."""

    title: str
    task_type: str
    options: Mapping[str, JSON] = field(default_factory=dict)
    shown_options: Mapping[str, JSON] | None = None  #: less their secrets; None where they hold none
    schedule: Schedule = NEVER
    site: str
    time_zone: str = ""  #: empty means the site's
    destination: str = ""
    file_name: str = ""
    pool: str = ""  #: empty means none
    notification: Notification = Notification()
    retry_policy: RetryPolicy = RetryPolicy()
    attempt_timeout: timedelta | None = None
    misfire: MisfirePolicy = ONCE
    overlap: Overlap = Overlap.SKIP
    jitter: timedelta = timedelta()
    delete_when_done: bool = False  #: deleted once no instant is left and its runs have ended

    @property
    def serial(self) -> bool:
        """Whether its runs wait for each other even without a pool."""
        return self.overlap in (Overlap.BUFFER_ONE, Overlap.CANCEL_RUNNING) or (
            self.overlap is not Overlap.ALLOW and self.misfire.kind is MisfireKind.ALL
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task as it is kept."""

    number: int
    draft: TaskDraft
    handler: str  #: name of the handler that offers its type
    owner: str
    state: TaskState
    next_time: datetime | None
    create_time: datetime
    update_time: datetime
    version: int
    system: bool = False  #: temporary, made by the scheduler itself

    @property
    def name(self) -> str:
        return task_name(self.number)

    @property
    def etag(self) -> str:
        return f"v{self.version}"

    @property
    def run_pool(self) -> str:
        """The pool that its runs wait in; empty where they wait for nobody."""
        return run_pool(self.draft, self.number)


def run_pool(draft: TaskDraft, number: int) -> str:
    return draft.pool or (f"{OWN_POOL}{number}" if draft.serial else "")


def task_name(number: int) -> str:
    return f"tasks/{number}"


def draft_problems(draft: TaskDraft, kind: TaskType) -> Iterator[FieldProblem]:
    """What is wrong with a draft whose parts could all be read; the options are checked apart."""
    if not 1 <= len(draft.title) <= MAX_TITLE or not is_clean(draft.title) or not draft.title.strip():
        yield FieldProblem("task.title", f"write 1 to {MAX_TITLE} printable characters")
    if len(draft.pool) > MAX_POOL or not is_clean(draft.pool) or draft.pool != draft.pool.strip():
        yield FieldProblem("task.pool", f"write at most {MAX_POOL} printable characters, no space around them")
    if draft.pool.startswith(OWN_POOL):
        yield FieldProblem("task.pool", f"may not begin with `{OWN_POOL}`; such pools are tasks' own")
    if len(draft.notification.principals) > MAX_PRINCIPALS:
        yield FieldProblem("task.notification.principals", f"at most {MAX_PRINCIPALS}")
    if not 1 <= draft.retry_policy.max_attempts <= MAX_ATTEMPTS:
        yield FieldProblem("task.retry_policy.max_attempts", f"write 1 to {MAX_ATTEMPTS}")
    if not timedelta(seconds=1) <= draft.retry_policy.initial_backoff <= MAX_BACKOFF:
        yield FieldProblem("task.retry_policy.initial_backoff", "write 1 s to one day")
    if draft.attempt_timeout is not None and not timedelta(seconds=1) <= draft.attempt_timeout <= MAX_TIMEOUT:
        yield FieldProblem("task.attempt_timeout", "write 1 s to 31 days, or leave it out")
    if not timedelta() <= draft.jitter < MAX_JITTER:
        yield FieldProblem("task.jitter", "write less than one day, or leave it out")
    yield from misfire_problems(draft.misfire, "task.misfire_policy")
    yield from _file_problems(draft, kind)


def _file_problems(draft: TaskDraft, kind: TaskType) -> Iterator[FieldProblem]:
    if not kind.produces_files:
        if draft.destination:
            yield FieldProblem("task.destination", f"`{kind.name}` makes no files; leave it empty")
        if draft.file_name:
            yield FieldProblem("task.file_name", f"`{kind.name}` makes no files; leave it empty")
        return
    if not DESTINATION.fullmatch(draft.destination):
        yield FieldProblem("task.destination", f"`{kind.name}` makes files; write where they go, `destinations/{{id}}`")
    try:
        check_file_name(draft.file_name, splits_by_store=kind.splits_by_store)
    except BadFileName as error:
        yield FieldProblem("task.file_name", str(error))
