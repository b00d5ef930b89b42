"""The one table from the scheduler's errors to status codes."""

from collections.abc import Mapping

from grpc import StatusCode

from chassis.errors import BackroomError
from services.scheduler.domain.errors import (
    BadFileName,
    BadTrigger,
    NeverFires,
    RunUnfinished,
    StepBroken,
    UnknownZone,
)

STATUS: Mapping[type[BackroomError], StatusCode] = {
    BadTrigger: StatusCode.INVALID_ARGUMENT,
    NeverFires: StatusCode.INVALID_ARGUMENT,
    BadFileName: StatusCode.INVALID_ARGUMENT,
    UnknownZone: StatusCode.INVALID_ARGUMENT,
    RunUnfinished: StatusCode.FAILED_PRECONDITION,
    StepBroken: StatusCode.FAILED_PRECONDITION,  # of the step; no call raises it
}
