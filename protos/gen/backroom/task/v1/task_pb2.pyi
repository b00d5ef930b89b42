import datetime

from backroom.type.v1 import type_pb2 as _type_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.rpc import status_pb2 as _status_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TaskType(_message.Message):
    __slots__ = ("name", "folder", "title", "description", "options_schema", "produces_files", "splits_by_store", "unspooled")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_SCHEMA_FIELD_NUMBER: _ClassVar[int]
    PRODUCES_FILES_FIELD_NUMBER: _ClassVar[int]
    SPLITS_BY_STORE_FIELD_NUMBER: _ClassVar[int]
    UNSPOOLED_FIELD_NUMBER: _ClassVar[int]
    name: str
    folder: str
    title: str
    description: str
    options_schema: _struct_pb2.Struct
    produces_files: bool
    splits_by_store: bool
    unspooled: bool
    def __init__(self, name: _Optional[str] = ..., folder: _Optional[str] = ..., title: _Optional[str] = ..., description: _Optional[str] = ..., options_schema: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., produces_files: _Optional[bool] = ..., splits_by_store: _Optional[bool] = ..., unspooled: _Optional[bool] = ...) -> None: ...

class ListTaskTypesRequest(_message.Message):
    __slots__ = ("locale",)
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    locale: str
    def __init__(self, locale: _Optional[str] = ...) -> None: ...

class ListTaskTypesResponse(_message.Message):
    __slots__ = ("task_types",)
    TASK_TYPES_FIELD_NUMBER: _ClassVar[int]
    task_types: _containers.RepeatedCompositeFieldContainer[TaskType]
    def __init__(self, task_types: _Optional[_Iterable[_Union[TaskType, _Mapping]]] = ...) -> None: ...

class StartTasksRequest(_message.Message):
    __slots__ = ("entries",)
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    entries: _containers.RepeatedCompositeFieldContainer[TaskEntry]
    def __init__(self, entries: _Optional[_Iterable[_Union[TaskEntry, _Mapping]]] = ...) -> None: ...

class TaskEntry(_message.Message):
    __slots__ = ("attempt", "task_type", "options", "run", "task", "task_title", "site", "mode", "owner", "locale", "nominal_time", "time_zone", "file_name", "traceparent", "expire_time", "destination")
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    TASK_TYPE_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    TASK_TITLE_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    NOMINAL_TIME_FIELD_NUMBER: _ClassVar[int]
    TIME_ZONE_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    attempt: str
    task_type: str
    options: _struct_pb2.Struct
    run: str
    task: str
    task_title: str
    site: str
    mode: _type_pb2.OperatingMode
    owner: str
    locale: str
    nominal_time: _timestamp_pb2.Timestamp
    time_zone: str
    file_name: str
    traceparent: str
    expire_time: _timestamp_pb2.Timestamp
    destination: str
    def __init__(self, attempt: _Optional[str] = ..., task_type: _Optional[str] = ..., options: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., run: _Optional[str] = ..., task: _Optional[str] = ..., task_title: _Optional[str] = ..., site: _Optional[str] = ..., mode: _Optional[_Union[_type_pb2.OperatingMode, str]] = ..., owner: _Optional[str] = ..., locale: _Optional[str] = ..., nominal_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., time_zone: _Optional[str] = ..., file_name: _Optional[str] = ..., traceparent: _Optional[str] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., destination: _Optional[str] = ...) -> None: ...

class StartTasksResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[StartedTask]
    def __init__(self, results: _Optional[_Iterable[_Union[StartedTask, _Mapping]]] = ...) -> None: ...

class StartedTask(_message.Message):
    __slots__ = ("attempt", "outcome", "refusal")
    class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OUTCOME_UNSPECIFIED: _ClassVar[StartedTask.Outcome]
        OUTCOME_ACCEPTED: _ClassVar[StartedTask.Outcome]
        OUTCOME_REPEATED: _ClassVar[StartedTask.Outcome]
        OUTCOME_REFUSED: _ClassVar[StartedTask.Outcome]
        OUTCOME_CANCELLED: _ClassVar[StartedTask.Outcome]
    OUTCOME_UNSPECIFIED: StartedTask.Outcome
    OUTCOME_ACCEPTED: StartedTask.Outcome
    OUTCOME_REPEATED: StartedTask.Outcome
    OUTCOME_REFUSED: StartedTask.Outcome
    OUTCOME_CANCELLED: StartedTask.Outcome
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    attempt: str
    outcome: StartedTask.Outcome
    refusal: _status_pb2.Status
    def __init__(self, attempt: _Optional[str] = ..., outcome: _Optional[_Union[StartedTask.Outcome, str]] = ..., refusal: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class PollTasksRequest(_message.Message):
    __slots__ = ("attempts", "wait_time")
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    WAIT_TIME_FIELD_NUMBER: _ClassVar[int]
    attempts: _containers.RepeatedScalarFieldContainer[str]
    wait_time: _duration_pb2.Duration
    def __init__(self, attempts: _Optional[_Iterable[str]] = ..., wait_time: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class PollTasksResponse(_message.Message):
    __slots__ = ("states",)
    STATES_FIELD_NUMBER: _ClassVar[int]
    states: _containers.RepeatedCompositeFieldContainer[TaskState]
    def __init__(self, states: _Optional[_Iterable[_Union[TaskState, _Mapping]]] = ...) -> None: ...

class TaskState(_message.Message):
    __slots__ = ("attempt", "state", "report", "files", "error", "progress", "end_time")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[TaskState.State]
        STATE_NOT_FOUND: _ClassVar[TaskState.State]
        STATE_QUEUED: _ClassVar[TaskState.State]
        STATE_RUNNING: _ClassVar[TaskState.State]
        STATE_SUCCEEDED: _ClassVar[TaskState.State]
        STATE_FAILED: _ClassVar[TaskState.State]
        STATE_CANCELLED: _ClassVar[TaskState.State]
        STATE_PARKED: _ClassVar[TaskState.State]
    STATE_UNSPECIFIED: TaskState.State
    STATE_NOT_FOUND: TaskState.State
    STATE_QUEUED: TaskState.State
    STATE_RUNNING: TaskState.State
    STATE_SUCCEEDED: TaskState.State
    STATE_FAILED: TaskState.State
    STATE_CANCELLED: TaskState.State
    STATE_PARKED: TaskState.State
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REPORT_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    attempt: str
    state: TaskState.State
    report: str
    files: _containers.RepeatedCompositeFieldContainer[_type_pb2.SpooledFile]
    error: _status_pb2.Status
    progress: TaskProgress
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, attempt: _Optional[str] = ..., state: _Optional[_Union[TaskState.State, str]] = ..., report: _Optional[str] = ..., files: _Optional[_Iterable[_Union[_type_pb2.SpooledFile, _Mapping]]] = ..., error: _Optional[_Union[_status_pb2.Status, _Mapping]] = ..., progress: _Optional[_Union[TaskProgress, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class TaskProgress(_message.Message):
    __slots__ = ("done", "total", "text")
    DONE_FIELD_NUMBER: _ClassVar[int]
    TOTAL_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    done: int
    total: int
    text: str
    def __init__(self, done: _Optional[int] = ..., total: _Optional[int] = ..., text: _Optional[str] = ...) -> None: ...

class CancelTasksRequest(_message.Message):
    __slots__ = ("attempts",)
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    attempts: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, attempts: _Optional[_Iterable[str]] = ...) -> None: ...

class CancelTasksResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SiteMode(_message.Message):
    __slots__ = ("site", "mode", "version")
    SITE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    site: str
    mode: _type_pb2.OperatingMode
    version: int
    def __init__(self, site: _Optional[str] = ..., mode: _Optional[_Union[_type_pb2.OperatingMode, str]] = ..., version: _Optional[int] = ...) -> None: ...

class SetOperatingModesRequest(_message.Message):
    __slots__ = ("modes",)
    MODES_FIELD_NUMBER: _ClassVar[int]
    modes: _containers.RepeatedCompositeFieldContainer[SiteMode]
    def __init__(self, modes: _Optional[_Iterable[_Union[SiteMode, _Mapping]]] = ...) -> None: ...

class SetOperatingModesResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
