"""The scheduler's unit of work."""

from functools import cached_property

from chassis.work import UnitOfWork
from services.scheduler.storage.attempts import Attempts
from services.scheduler.storage.deadlines import Deadlines
from services.scheduler.storage.folders import Folders
from services.scheduler.storage.holds import Holds
from services.scheduler.storage.inbox import Inbox
from services.scheduler.storage.pools import Pools
from services.scheduler.storage.reruns import Reruns
from services.scheduler.storage.runs import Runs
from services.scheduler.storage.schedule import Schedule
from services.scheduler.storage.sites import Sites
from services.scheduler.storage.tasks import Tasks
from services.scheduler.storage.watching import Watching


class SchedulerWork(UnitOfWork):
    """One transaction over sites, tasks, runs and messages."""

    @cached_property
    def sites(self) -> Sites:
        return Sites(self.connection)

    @cached_property
    def holds(self) -> Holds:
        return Holds(self.connection)

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
    def reruns(self) -> Reruns:
        return Reruns(self.connection)

    @cached_property
    def deadlines(self) -> Deadlines:
        return Deadlines(self.connection)

    @cached_property
    def watching(self) -> Watching:
        return Watching(self.connection)

    @cached_property
    def pools(self) -> Pools:
        return Pools(self.connection)

    @cached_property
    def folders(self) -> Folders:
        return Folders(self.connection)

    @cached_property
    def inbox(self) -> Inbox:
        return Inbox(self.connection)
