from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class OperatingMode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OPERATING_MODE_UNSPECIFIED: _ClassVar[OperatingMode]
    OPERATING_MODE_NORMAL: _ClassVar[OperatingMode]
    OPERATING_MODE_ISOLATED: _ClassVar[OperatingMode]
    OPERATING_MODE_TRAINING: _ClassVar[OperatingMode]
OPERATING_MODE_UNSPECIFIED: OperatingMode
OPERATING_MODE_NORMAL: OperatingMode
OPERATING_MODE_ISOLATED: OperatingMode
OPERATING_MODE_TRAINING: OperatingMode

class SpooledFile(_message.Message):
    __slots__ = ("name", "file_name", "size_bytes", "sha256")
    NAME_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    name: str
    file_name: str
    size_bytes: int
    sha256: str
    def __init__(self, name: _Optional[str] = ..., file_name: _Optional[str] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[str] = ...) -> None: ...

class FieldProblem(_message.Message):
    __slots__ = ("field", "description")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    field: str
    description: str
    def __init__(self, field: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...
