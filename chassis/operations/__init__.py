"""Operations: the one mechanism for whatever takes longer than a call. The row is the truth, the broker the bell."""

from chassis.operations.execution import (
    Cancelled,
    DeadlinePassed,
    Execution,
    FenceLost,
    Interrupted,
    Stopped,
)
from chassis.operations.kinds import Kind
from chassis.operations.model import (
    DEFAULT_SITE,
    ENDED,
    JSON,
    Lane,
    NewOperation,
    OperatingMode,
    Operation,
    OperationError,
    OperationState,
    Outcome,
    Progress,
    SpooledFile,
    TaskContext,
)
from chassis.operations.store import OperationStore

__all__ = [
    "DEFAULT_SITE",
    "ENDED",
    "JSON",
    "Cancelled",
    "DeadlinePassed",
    "Execution",
    "FenceLost",
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
    "SpooledFile",
    "Stopped",
    "TaskContext",
]
