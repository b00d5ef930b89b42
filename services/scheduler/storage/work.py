"""The scheduler's unit of work."""

from functools import cached_property

from chassis.work import UnitOfWork
from services.scheduler.storage.attempts import Attempts
from services.scheduler.storage.inbox import Inbox
from services.scheduler.storage.pools import Pools
from services.scheduler.storage.runs import Runs
from services.scheduler.storage.schedule import Schedule
from services.scheduler.storage.tasks import Tasks


class SchedulerWork(UnitOfWork):
    """One transaction over tasks, runs and messages."""

    @cached_property
    def tasks(self) -> Tasks:
        return Tasks(self.connection)

    @cached_property
    def schedule(self) -> Schedule:
        return Schedule(self.connection)

    @cached_property
    def runs(self) -> Runs:
        return Runs(self.connection)

    @cached_property
    def attempts(self) -> Attempts:
        return Attempts(self.connection)

    @cached_property
    def pools(self) -> Pools:
        return Pools(self.connection)

    @cached_property
    def inbox(self) -> Inbox:
        return Inbox(self.connection)
