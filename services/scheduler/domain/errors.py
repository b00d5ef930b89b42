"""Expected failures of the scheduler, drawn below the common tree.

BackroomError
├── BadTrigger       a trigger cannot be read
│   └── NeverFires   it can be read, and no instant will ever match it
├── BadFileName      a file name holds something it may not
├── UnknownZone      no IANA zone has this name
├── RunUnfinished    the verb must wait for a run to end
└── StepBroken       a step of a run breaks each time it is tried
"""

from chassis.errors import BackroomError


class BadTrigger(BackroomError):
    """A trigger cannot be read."""


class NeverFires(BadTrigger):
    """No instant will ever match this expression."""

    def __init__(self, expression: str) -> None:
        super().__init__(f"`{expression}` never fires: none of its months has such a day; choose another day or month")
        self.expression = expression


class BadFileName(BackroomError):
    """A file name holds something it may not."""


class UnknownZone(BackroomError):
    """No IANA zone has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"`{name}` is not an IANA time zone; write one such as `Europe/Paris`")
        self.name = name


class RunUnfinished(BackroomError):
    """The task has a run that has not ended."""

    def __init__(self, task: str, run: str) -> None:
        super().__init__(f"{task} has a run that has not ended ({run}); wait for its end, then repeat")
        self.task, self.run = task, run


class StepBroken(BackroomError):
    """A step of a run breaks each time it is tried: waiting longer would only hold up its pool."""

    reason = "INTERNAL"
