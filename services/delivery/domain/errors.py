"""What delivery refuses. Why a file could not be carried is another branch, in failures.py.

DeliveryError
├── DestinationInUse    files in the spool are sealed for it
├── EpochPassed         a later try of the same work has staged this file already
├── BeingSent           the file is being sent just now
├── RunSealed           the run's files are sealed; nothing can be added
├── SpoolFull           the disk is too full to take more files
├── LeftInSpool         the run's own files have not all arrived; they are sent again later
├── ParkedInSpool       some of them are set aside; a person decides
└── CarryFailed         see failures.py
"""

from chassis.errors import BackroomError


class DeliveryError(BackroomError):
    """Delivery said no."""


class DestinationInUse(DeliveryError):
    """Files in the spool are sealed for it."""

    def __init__(self, name: str, files: int) -> None:
        super().__init__(
            f"{name} cannot be deleted: {files} file(s) in the spool are still to be sent there; "
            "mend the destination and let them leave first"
        )
        self.name, self.files = name, files


class EpochPassed(DeliveryError):
    """A later try of the same work has staged this file already."""

    def __init__(self, epoch: int, newest: int) -> None:
        super().__init__(f"epoch {epoch} has been overtaken by epoch {newest}; end this try, the later one counts")
        self.epoch, self.newest = epoch, newest


class BeingSent(DeliveryError):
    """The file is being sent just now."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is being sent just now; wait for the end of this try, or cancel its run")
        self.name = name


class RunSealed(DeliveryError):
    """The run's files are sealed; nothing can be added."""

    def __init__(self, run: str) -> None:
        super().__init__(f"the files of {run} are sealed already; a sealed run never executes again")
        self.run = run


class SpoolFull(DeliveryError):
    """The disk is too full to take more files."""

    def __init__(self, free: int, floor: int) -> None:
        super().__init__(
            f"the spool's disk has {free} bytes left, less than the {floor} that must stay free; make room there"
        )
        self.free, self.floor = free, floor


class LeftInSpool(DeliveryError):
    """The run's own files have not all arrived; they are sent again later."""


class ParkedInSpool(DeliveryError):
    """Some of the run's own files are set aside; a person decides."""
