"""Expected failures of the scheduler, drawn below the common tree.

BackroomError
├── BadTrigger       a trigger cannot be read
│   └── NeverFires   it can be read, and no instant will ever match it
├── BadFileName      a file name holds something it may not
├── UnknownZone      no IANA zone has this name
├── SiteInUse        tasks belong to the site
├── DefaultSite      the site is the one that tasks belong to by default
├── SecretsMissing   a task was imported without its secrets
├── RunUnfinished    the verb must wait for a run to end
├── FilesUnderWay    the work of a run is done, and its files are being sent
├── CannotRunAgain   a run cannot be tried again
├── SharesFailed     some service has not done its share of a task for all of them
└── StepBroken       a step of a run breaks each time it is tried
"""

from collections.abc import Sequence

from chassis.errors import BackroomError


class BadTrigger(BackroomError):
    """A trigger cannot be read."""


class NeverFires(BadTrigger):
    """It can be read, and no instant will ever match it."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} never fires: {why}")
        self.what, self.why = what, why


class BadFileName(BackroomError):
    """A file name holds something it may not."""


class UnknownZone(BackroomError):
    """No IANA zone has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"`{name}` is not an IANA time zone; write one such as `Europe/Paris`")
        self.name = name


class SiteInUse(BackroomError):
    """Tasks belong to the site."""

    def __init__(self, site: str, tasks: int) -> None:
        super().__init__(f"{tasks} tasks belong to {site}; delete them or give them another site, then repeat")
        self.site, self.tasks = site, tasks


class DefaultSite(BackroomError):
    """The site is the one that tasks belong to by default."""

    def __init__(self, site: str) -> None:
        super().__init__(f"{site} is the site that tasks belong to by default; choose another in BACKROOM_SITE first")
        self.site = site


class SecretsMissing(BackroomError):
    """A task was imported without its secrets, which no file holds."""

    def __init__(self, task: str, missing: Sequence[str]) -> None:
        super().__init__(f"{task} lacks {', '.join(missing)}; give it with UpdateTask, then resume the task")
        self.task, self.missing = task, missing


class RunUnfinished(BackroomError):
    """The task, or the site, has a run that has not ended."""

    def __init__(self, owner: str, run: str) -> None:
        super().__init__(f"{owner} has a run that has not ended ({run}); wait for its end or cancel it, then repeat")
        self.owner, self.run = owner, run


class FilesUnderWay(BackroomError):
    """The work of the run is done; what is left of it is delivery's."""

    def __init__(self, run: str) -> None:
        super().__init__(f"the work of {run} is done and its files are being sent; discard those in delivery instead")
        self.run = run


class CannotRunAgain(BackroomError):
    """The run cannot be tried again, whatever its state."""

    def __init__(self, run: str, why: str) -> None:
        super().__init__(f"{run} cannot run again: {why}")
        self.run, self.why = run, why


class SharesFailed(BackroomError):
    """Some service has not done its share. The text is the whole report, of these and of the others."""


class StepBroken(BackroomError):
    """A step of a run breaks each time it is tried: waiting longer would only hold up its pool."""

    reason = "INTERNAL"
