"""The one table from delivery's errors to status codes."""

from collections.abc import Mapping

from grpc import StatusCode

from chassis.errors import BackroomError
from services.delivery.domain.errors import DestinationInUse, EpochPassed, LeftInSpool, RunSealed, SpoolFull
from services.delivery.domain.failures import (
    ConnectionLost,
    ConnectionRefused,
    DiskFull,
    FolderMissing,
    FolderNotAllowed,
    HeldBack,
    HostKeyChanged,
    HostNotAllowed,
    KeyMissing,
    KeyNeedsPassphrase,
    KeyRefused,
    KeyTypeNotSupported,
    KeyUnreadable,
    NoPermission,
    NotAnSftpServer,
    NotLoggedIn,
    NotVerified,
    RefusedByServer,
    SecretLost,
    SiteNotNormal,
    SpoolFileDamaged,
    TimedOut,
    UnknownHost,
)

STATUS: Mapping[type[BackroomError], StatusCode] = {
    DestinationInUse: StatusCode.FAILED_PRECONDITION,
    EpochPassed: StatusCode.ABORTED,
    RunSealed: StatusCode.FAILED_PRECONDITION,
    SpoolFull: StatusCode.RESOURCE_EXHAUSTED,
    LeftInSpool: StatusCode.FAILED_PRECONDITION,
    # Why files were not carried is told by PollTasks, CheckDestination and ListFiles; it would cross as this.
    UnknownHost: StatusCode.FAILED_PRECONDITION,
    HostNotAllowed: StatusCode.FAILED_PRECONDITION,
    ConnectionRefused: StatusCode.FAILED_PRECONDITION,
    TimedOut: StatusCode.FAILED_PRECONDITION,
    ConnectionLost: StatusCode.FAILED_PRECONDITION,
    NotAnSftpServer: StatusCode.FAILED_PRECONDITION,
    HostKeyChanged: StatusCode.FAILED_PRECONDITION,
    NotLoggedIn: StatusCode.FAILED_PRECONDITION,
    KeyRefused: StatusCode.FAILED_PRECONDITION,
    KeyUnreadable: StatusCode.FAILED_PRECONDITION,
    KeyNeedsPassphrase: StatusCode.FAILED_PRECONDITION,
    KeyTypeNotSupported: StatusCode.FAILED_PRECONDITION,
    KeyMissing: StatusCode.FAILED_PRECONDITION,
    SecretLost: StatusCode.FAILED_PRECONDITION,
    FolderMissing: StatusCode.FAILED_PRECONDITION,
    FolderNotAllowed: StatusCode.FAILED_PRECONDITION,
    NoPermission: StatusCode.FAILED_PRECONDITION,
    DiskFull: StatusCode.FAILED_PRECONDITION,
    NotVerified: StatusCode.FAILED_PRECONDITION,
    RefusedByServer: StatusCode.FAILED_PRECONDITION,
    SpoolFileDamaged: StatusCode.DATA_LOSS,
    HeldBack: StatusCode.FAILED_PRECONDITION,
    SiteNotNormal: StatusCode.FAILED_PRECONDITION,
}
