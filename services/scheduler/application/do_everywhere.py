"""Has every service do its own part of a system task, and puts their reports together.

Each step starts what is to be started, asks how the rest stands and comes back a little later: no thread waits. A share
is an attempt at its service whose UUID follows from this operation's, so a repeated step starts nothing twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from chassis.errors import RemoteRefused, Unavailable
from chassis.operations import JSON, ComeBack, Execution, Outcome
from services.scheduler.application.ports import Accepted, Entry, Handlers, OpenWork, Refused, Started, Texts
from services.scheduler.domain.errors import SharesFailed
from services.scheduler.domain.everywhere import (
    OPEN,
    Share,
    ShareState,
    heard_of,
    is_over,
    shares_of,
    without_the_silent,
)
from services.scheduler.domain.results import News
from services.scheduler.domain.runs import Run, Terms
from services.scheduler.domain.sites import Site, handler_at

PAUSE = timedelta(seconds=2)
AT_ONCE = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Course:
    """How far the whole has come."""

    begun: datetime
    shares: Sequence[Share] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DoEverywhere:
    """One step of it."""

    open_work: OpenWork
    handlers: Handlers
    texts: Texts
    work: str  #: what each service calls its part, e.g. `maintenance`

    def __call__(self, execution: Execution) -> None:
        execution.check()
        number = int(execution.task.run.removeprefix("runs/"))
        with self.open_work() as work:
            now, run = work.now(), work.runs.get(number)
            site = work.sites.get(run.site)
        course = _course(execution.checkpoint) or _Course(begun=now)
        shares = course.shares
        if not shares or any(share.state is ShareState.UNKNOWN for share in shares):
            shares = shares_of(self.handlers.catalogue(execution.task.locale), self.work, shares, now)
        shares = [self._started(share, execution, run, site, now) for share in shares]
        shares = heard_of(shares, execution.id, self._news(shares, execution, site), now)
        course = replace(course, shares=without_the_silent(shares, now))
        self._keep(execution, course)
        if not is_over(course.shares):
            raise ComeBack(PAUSE)
        self._end(execution, course, now)

    def _started(self, share: Share, execution: Execution, run: Run, site: Site, now: datetime) -> Share:
        """The share handed over, where it is new and its service takes it."""
        if share.state is not ShareState.NEW:
            return share
        attempt = share.attempt(execution.id)
        entry = Entry(
            attempt=attempt,
            run=replace(run, task_type=share.task_type),
            terms=_terms(run),
            expire_time=None,
        )
        try:
            answer: Started = self.handlers.start(handler_at(site, share.handler), [entry])[attempt]
        except Unavailable:
            return share
        except RemoteRefused as refusal:
            return replace(share, state=ShareState.FAILED, text=str(refusal), heard=now)
        match answer:
            case Accepted():
                return replace(share, state=ShareState.STARTED, heard=now)
            case Refused(failure=failure):
                return replace(share, state=ShareState.FAILED, text=failure.message, heard=now)
            case _:
                return replace(share, state=ShareState.FAILED, heard=now)

    def _news(self, shares: Sequence[Share], execution: Execution, site: Site) -> Mapping[UUID, News]:
        """What the services say, each asked once; one that does not answer says nothing."""
        asked: dict[str, list[UUID]] = {}
        for share in shares:
            if share.state is ShareState.STARTED:
                asked.setdefault(handler_at(site, share.handler), []).append(share.attempt(execution.id))
        news: dict[UUID, News] = {}
        for handler, attempts in asked.items():
            try:
                found = self.handlers.poll(handler, attempts, AT_ONCE, interrupted=lambda: False)
            except (Unavailable, RemoteRefused):
                continue
            news |= {each.attempt: each for each in found}
        return news

    def _keep(self, execution: Execution, course: _Course) -> None:
        with self.open_work(execution.fence) as work:
            execution.save(work, _to_json(course))
        through = sum(share.state not in OPEN for share in course.shares)
        waiting = ", ".join(share.service for share in course.shares if share.state in OPEN)
        execution.progress(through, len(course.shares), waiting)

    def _end(self, execution: Execution, course: _Course, now: datetime) -> None:
        locale = execution.task.locale

        def say(key: str, **values: object) -> str:
            return self.texts.get(f"everywhere.{key}", locale, **values)

        lines: list[str] = []
        for share in course.shares:
            lines.append(say("heading", service=share.service))
            match share.state:
                case ShareState.SUCCEEDED:
                    lines.append(share.text)
                case ShareState.SILENT:
                    lines.append(say("silent"))
                case _:
                    lines.append(say("failed", cause=share.text or say("unexplained")))
        lines.append(say("total", seconds=round((now - course.begun).total_seconds())))
        report = "\n".join(lines)
        if any(share.state is not ShareState.SUCCEEDED for share in course.shares):
            raise SharesFailed(report)
        with self.open_work(execution.fence) as work:
            execution.succeed(work, Outcome(report=report))


def _terms(run: Run) -> Terms:
    """With what a share starts: as the run, and with nothing that is the whole's alone."""
    if run.terms is None:
        raise LookupError(f"{run.name} has not started, and yet works")
    return replace(run.terms, options={}, destination="", file_name="")


def _to_json(course: _Course) -> JSON:
    return {
        "begun": course.begun.isoformat(),
        "shares": [{**asdict(share), "heard": share.heard.isoformat()} for share in course.shares],
    }


def _course(checkpoint: JSON) -> _Course | None:
    """Where the last step stopped; None at the first."""
    match checkpoint:
        case {"begun": str(begun), "shares": list(shares)}:
            return _Course(begun=datetime.fromisoformat(begun), shares=[_share(share) for share in shares])
        case _:
            return None


def _share(kept: JSON) -> Share:
    match kept:
        case {
            "handler": str(handler),
            "task_type": str(task_type),
            "state": str(state),
            "heard": str(heard),
            "text": str(text),
        }:
            return Share(
                handler=handler,
                task_type=task_type,
                state=ShareState(state),
                heard=datetime.fromisoformat(heard),
                text=text,
            )
        case _:
            raise LookupError(f"a share was kept as {kept!r}")
