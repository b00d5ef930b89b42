"""Maintenance of a service's database: every index rebuilt, leftovers dropped, every table vacuumed, without a pause.

Nothing here keeps the business waiting: REINDEX CONCURRENTLY and VACUUM let rows be read and written, and a table that
is not to be had soon is left. (Seed: Maintenance de la base.)
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic
from typing import Protocol

from psycopg import sql

from chassis.database import Database
from chassis.errors import BackroomError
from chassis.journal import Level
from chassis.operations.execution import Execution
from chassis.operations.model import JSON, Outcome
from chassis.system.session import Busy, Refused, Relation, Session, open_session
from chassis.texts import Texts
from chassis.work import Fence, UnitOfWork

SOURCE = "maintenance"
PATIENCE = timedelta(seconds=30)  #: for a lock, or for an older transaction to end; nobody waits for us meanwhile
_Step = tuple[str, sql.SQL]  # what people read, and the statement
REINDEX: _Step = ("REINDEX", sql.SQL("REINDEX TABLE CONCURRENTLY {}"))
DROP: _Step = ("DROP INDEX", sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}"))
VACUUM: _Step = ("VACUUM", sql.SQL("VACUUM (ANALYZE) {}"))


class MaintenanceIncomplete(BackroomError):
    """The server refused a step of the maintenance; the others were done."""


class OpenWork(Protocol):
    """Opens a transaction; with a fence, one that commits only while its operation is held."""

    def __call__(self, fence: Fence | None = None) -> AbstractContextManager[UnitOfWork]: ...


class Maintenance:
    """Does it, table after table; a later try goes on behind the last table that was done."""

    def __init__(
        self, database: Database, open_work: OpenWork, texts: Texts, locale: str, patience: timedelta = PATIENCE
    ) -> None:
        self._database = database
        self._open_work = open_work
        self._texts = texts
        self._locale = locale  #: of the journal
        self._patience = patience

    def __call__(self, execution: Execution) -> None:
        course = _Course.resumed(execution)
        with open_session(self._database, execution, self._patience) as session:
            tables = session.tables()
            course.total = 2 * len(tables)
            self._pass(execution, course, session, REINDEX, course.undone(REINDEX, tables))
            self._pass(execution, course, session, DROP, session.leftovers())
            self._pass(execution, course, session, VACUUM, course.undone(VACUUM, tables))
        self._end(execution, course)

    def _pass(
        self,
        execution: Execution,
        course: "_Course",
        session: Session,
        step: _Step,
        relations: Sequence[Relation],
    ) -> None:
        """One step on each relation; on those that were busy once more at the end."""
        verb, statement = step
        waiting = relations
        for last in (False, True):
            busy: list[Relation] = []
            for relation in waiting:
                execution.check()
                name = f"{verb} {relation}"
                execution.progress(course.steps, course.total, name)
                try:
                    session.run(statement, relation)
                except Busy:
                    busy.append(relation)
                    self._note(execution, "left" if last else "busy", Level.WARNING, verb, relation)
                except Refused as refusal:
                    course.refused.append(f"{name} ({refusal})")
                    self._note(execution, "failed", Level.ERROR, verb, relation, cause=str(refusal))
                else:
                    self._done(execution, course, verb, relation)
            waiting = busy
        course.left += [f"{verb} {relation}" for relation in waiting]

    def _done(self, execution: Execution, course: "_Course", verb: str, relation: Relation) -> None:
        course.done.append(f"{verb} {relation}")
        with self._open_work(execution.fence) as work:
            self._write(work, execution, "step", verb=verb, name=relation)
            execution.save(work, course.to_json())

    def _note(
        self, execution: Execution, key: str, level: Level, verb: str, relation: Relation, **values: object
    ) -> None:
        with self._open_work(execution.fence) as work:
            self._write(work, execution, key, level, verb=verb, name=relation, **values)

    def _write(
        self, work: UnitOfWork, execution: Execution, key: str, level: Level = Level.INFORMATION, **values: object
    ) -> None:
        work.journal.write(
            self._texts.get(f"system.maintenance.{key}", self._locale, **values),
            source=SOURCE,
            level=level,
            user=execution.caller,
            correlation=f"operations/{execution.id}",
        )

    def _end(self, execution: Execution, course: "_Course") -> None:
        seconds = round(course.seconds)
        locale = execution.task.locale

        def say(key: str, names: Sequence[str]) -> str:
            return self._texts.get(f"system.maintenance.{key}", locale, seconds=seconds, names=", ".join(names))

        with self._open_work(execution.fence) as work:
            self._write(work, execution, "ended", seconds=seconds)
            if not course.refused:
                lines = [self._texts.get("system.maintenance.done", locale, seconds=seconds)]
                lines += [say("dropped", course.dropped)] if course.dropped else []
                lines += [say("occupied", course.left)] if course.left else []
                result: Mapping[str, JSON] = {"seconds": seconds, "dropped": course.dropped, "left": course.left}
                execution.succeed(work, Outcome(result=result, report="\n".join(lines)))
        if course.refused:
            raise MaintenanceIncomplete(say("refused", course.refused))


@dataclass(kw_only=True)
class _Course:
    """How far the maintenance has come."""

    done: list[str]  #: steps, e.g. `REINDEX adresses`, kept from try to try
    before: float  #: seconds that earlier tries spent
    begun: float = field(default_factory=monotonic)
    total: int = 0
    left: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @classmethod
    def resumed(cls, execution: Execution) -> "_Course":
        """Where the last try stopped."""
        match execution.checkpoint:
            case {"done": list(done), "seconds": float() | int() as seconds}:
                return cls(done=[str(step) for step in done], before=float(seconds))
            case _:
                return cls(done=[], before=0.0)

    def undone(self, step: _Step, relations: Sequence[Relation]) -> Sequence[Relation]:
        """Those that an earlier try has not come to."""
        done = set(self.done)
        return [relation for relation in relations if f"{step[0]} {relation}" not in done]

    def to_json(self) -> JSON:
        return {"done": self.done, "seconds": self.seconds}

    @property
    def seconds(self) -> float:
        """Spent in all."""
        return self.before + monotonic() - self.begun

    @property
    def dropped(self) -> list[str]:
        verb = f"{DROP[0]} "
        return [step.removeprefix(verb) for step in self.done if step.startswith(verb)]

    @property
    def steps(self) -> int:
        return len(self.done) - len(self.dropped)
