"""Operations: the one mechanism for whatever takes longer than a call. The row is the truth, the broker the bell."""

from chassis.operations.execution import (
    Cancelled,
    ComeBack,
    DeadlinePassed,
    Execution,
    FenceLost,
    HeldBack,
    Interrupted,
    Stopped,
)
from chassis.operations.kinds import Kind
from chassis.operations.model import (
    DEFAULT_SITE,
    ENDED,
    EVERY_SITE,
    JSON,
    Lane,
    NewOperation,
    OperatingMode,
    Operation,
    OperationError,
    OperationState,
    Outcome,
    Progress,
    SiteMode,
    SpooledFile,
    TaskContext,
)
from chassis.operations.store import OperationStore

__all__ = [
    "DEFAULT_SITE",
    "ENDED",
    "EVERY_SITE",
    "JSON",
    "Cancelled",
    "ComeBack",
    "DeadlinePassed",
    "Execution",
    "FenceLost",
    "HeldBack",
    "Interrupted",
    "Kind",
    "Lane",
    "NewOperation",
    "OperatingMode",
    "Operation",
    "OperationError",
    "OperationState",
    "OperationStore",
    "Outcome",
    "Progress",
    "SiteMode",
    "SpooledFile",
    "Stopped",
    "TaskContext",
]
