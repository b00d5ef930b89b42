"""The one table from the scheduler's errors to status codes."""

from collections.abc import Mapping

from grpc import StatusCode

from chassis.errors import BackroomError
from services.scheduler.domain.errors import (
    BadFileName,
    BadTrigger,
    CannotRunAgain,
    DefaultSite,
    FilesUnderWay,
    NeverFires,
    RunUnfinished,
    SecretsMissing,
    SharesFailed,
    SiteInUse,
    StepBroken,
    UnknownZone,
)

STATUS: Mapping[type[BackroomError], StatusCode] = {
    BadTrigger: StatusCode.INVALID_ARGUMENT,
    NeverFires: StatusCode.INVALID_ARGUMENT,
    BadFileName: StatusCode.INVALID_ARGUMENT,
    UnknownZone: StatusCode.INVALID_ARGUMENT,
    SiteInUse: StatusCode.FAILED_PRECONDITION,
    DefaultSite: StatusCode.FAILED_PRECONDITION,
    SecretsMissing: StatusCode.FAILED_PRECONDITION,
    RunUnfinished: StatusCode.FAILED_PRECONDITION,
    FilesUnderWay: StatusCode.FAILED_PRECONDITION,
    CannotRunAgain: StatusCode.FAILED_PRECONDITION,
    SharesFailed: StatusCode.FAILED_PRECONDITION,  # of the work; no call raises it
    StepBroken: StatusCode.FAILED_PRECONDITION,  # of the step; no call raises it
}
