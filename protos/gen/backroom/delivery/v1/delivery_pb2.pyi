import datetime

from backroom.type.v1 import type_pb2 as _type_pb2
from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ConnectionSecurity(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONNECTION_SECURITY_UNSPECIFIED: _ClassVar[ConnectionSecurity]
    CONNECTION_SECURITY_NONE: _ClassVar[ConnectionSecurity]
    CONNECTION_SECURITY_EXPLICIT: _ClassVar[ConnectionSecurity]
    CONNECTION_SECURITY_IMPLICIT: _ClassVar[ConnectionSecurity]
CONNECTION_SECURITY_UNSPECIFIED: ConnectionSecurity
CONNECTION_SECURITY_NONE: ConnectionSecurity
CONNECTION_SECURITY_EXPLICIT: ConnectionSecurity
CONNECTION_SECURITY_IMPLICIT: ConnectionSecurity

class Destination(_message.Message):
    __slots__ = ("name", "display_name", "server_path", "sftp", "ftp", "imap", "email", "create_time", "update_time", "etag", "transfer_options")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    SERVER_PATH_FIELD_NUMBER: _ClassVar[int]
    SFTP_FIELD_NUMBER: _ClassVar[int]
    FTP_FIELD_NUMBER: _ClassVar[int]
    IMAP_FIELD_NUMBER: _ClassVar[int]
    EMAIL_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    name: str
    display_name: str
    server_path: ServerPath
    sftp: Sftp
    ftp: Ftp
    imap: Imap
    email: Email
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    etag: str
    transfer_options: TransferOptions
    def __init__(self, name: _Optional[str] = ..., display_name: _Optional[str] = ..., server_path: _Optional[_Union[ServerPath, _Mapping]] = ..., sftp: _Optional[_Union[Sftp, _Mapping]] = ..., ftp: _Optional[_Union[Ftp, _Mapping]] = ..., imap: _Optional[_Union[Imap, _Mapping]] = ..., email: _Optional[_Union[Email, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ..., transfer_options: _Optional[_Union[TransferOptions, _Mapping]] = ...) -> None: ...

class TransferOptions(_message.Message):
    __slots__ = ("write_directly", "existing", "folder_must_exist", "bandwidth_limit", "concurrency")
    class Existing(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        EXISTING_UNSPECIFIED: _ClassVar[TransferOptions.Existing]
        EXISTING_REPLACE: _ClassVar[TransferOptions.Existing]
        EXISTING_REFUSE: _ClassVar[TransferOptions.Existing]
        EXISTING_KEEP_BOTH: _ClassVar[TransferOptions.Existing]
    EXISTING_UNSPECIFIED: TransferOptions.Existing
    EXISTING_REPLACE: TransferOptions.Existing
    EXISTING_REFUSE: TransferOptions.Existing
    EXISTING_KEEP_BOTH: TransferOptions.Existing
    WRITE_DIRECTLY_FIELD_NUMBER: _ClassVar[int]
    EXISTING_FIELD_NUMBER: _ClassVar[int]
    FOLDER_MUST_EXIST_FIELD_NUMBER: _ClassVar[int]
    BANDWIDTH_LIMIT_FIELD_NUMBER: _ClassVar[int]
    CONCURRENCY_FIELD_NUMBER: _ClassVar[int]
    write_directly: bool
    existing: TransferOptions.Existing
    folder_must_exist: bool
    bandwidth_limit: int
    concurrency: int
    def __init__(self, write_directly: _Optional[bool] = ..., existing: _Optional[_Union[TransferOptions.Existing, str]] = ..., folder_must_exist: _Optional[bool] = ..., bandwidth_limit: _Optional[int] = ..., concurrency: _Optional[int] = ...) -> None: ...

class Ftp(_message.Message):
    __slots__ = ("host", "port", "user_name", "password", "security", "certificate", "certificate_unverified", "active", "folder", "has_password")
    HOST_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    USER_NAME_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_UNVERIFIED_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    HAS_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    host: str
    port: int
    user_name: str
    password: str
    security: ConnectionSecurity
    certificate: str
    certificate_unverified: bool
    active: bool
    folder: str
    has_password: bool
    def __init__(self, host: _Optional[str] = ..., port: _Optional[int] = ..., user_name: _Optional[str] = ..., password: _Optional[str] = ..., security: _Optional[_Union[ConnectionSecurity, str]] = ..., certificate: _Optional[str] = ..., certificate_unverified: _Optional[bool] = ..., active: _Optional[bool] = ..., folder: _Optional[str] = ..., has_password: _Optional[bool] = ...) -> None: ...

class Imap(_message.Message):
    __slots__ = ("host", "port", "user_name", "password", "security", "certificate", "certificate_unverified", "folder", "has_password")
    HOST_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    USER_NAME_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_UNVERIFIED_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    HAS_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    host: str
    port: int
    user_name: str
    password: str
    security: ConnectionSecurity
    certificate: str
    certificate_unverified: bool
    folder: str
    has_password: bool
    def __init__(self, host: _Optional[str] = ..., port: _Optional[int] = ..., user_name: _Optional[str] = ..., password: _Optional[str] = ..., security: _Optional[_Union[ConnectionSecurity, str]] = ..., certificate: _Optional[str] = ..., certificate_unverified: _Optional[bool] = ..., folder: _Optional[str] = ..., has_password: _Optional[bool] = ...) -> None: ...

class Email(_message.Message):
    __slots__ = ("recipients", "subject", "server")
    RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    SERVER_FIELD_NUMBER: _ClassVar[int]
    recipients: _containers.RepeatedScalarFieldContainer[str]
    subject: str
    server: MailServer
    def __init__(self, recipients: _Optional[_Iterable[str]] = ..., subject: _Optional[str] = ..., server: _Optional[_Union[MailServer, _Mapping]] = ...) -> None: ...

class MailServer(_message.Message):
    __slots__ = ("address", "user_name", "password", "security", "sender", "has_password")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    USER_NAME_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    HAS_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    address: str
    user_name: str
    password: str
    security: ConnectionSecurity
    sender: str
    has_password: bool
    def __init__(self, address: _Optional[str] = ..., user_name: _Optional[str] = ..., password: _Optional[str] = ..., security: _Optional[_Union[ConnectionSecurity, str]] = ..., sender: _Optional[str] = ..., has_password: _Optional[bool] = ...) -> None: ...

class ServerPath(_message.Message):
    __slots__ = ("folder",)
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    folder: str
    def __init__(self, folder: _Optional[str] = ...) -> None: ...

class Sftp(_message.Message):
    __slots__ = ("host", "port", "user_name", "password", "private_key", "passphrase", "host_key", "folder", "has_password", "has_private_key")
    HOST_FIELD_NUMBER: _ClassVar[int]
    PORT_FIELD_NUMBER: _ClassVar[int]
    USER_NAME_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    PRIVATE_KEY_FIELD_NUMBER: _ClassVar[int]
    PASSPHRASE_FIELD_NUMBER: _ClassVar[int]
    HOST_KEY_FIELD_NUMBER: _ClassVar[int]
    FOLDER_FIELD_NUMBER: _ClassVar[int]
    HAS_PASSWORD_FIELD_NUMBER: _ClassVar[int]
    HAS_PRIVATE_KEY_FIELD_NUMBER: _ClassVar[int]
    host: str
    port: int
    user_name: str
    password: str
    private_key: str
    passphrase: str
    host_key: str
    folder: str
    has_password: bool
    has_private_key: bool
    def __init__(self, host: _Optional[str] = ..., port: _Optional[int] = ..., user_name: _Optional[str] = ..., password: _Optional[str] = ..., private_key: _Optional[str] = ..., passphrase: _Optional[str] = ..., host_key: _Optional[str] = ..., folder: _Optional[str] = ..., has_password: _Optional[bool] = ..., has_private_key: _Optional[bool] = ...) -> None: ...

class CreateDestinationRequest(_message.Message):
    __slots__ = ("destination_id", "destination", "request_id")
    DESTINATION_ID_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    destination_id: str
    destination: Destination
    request_id: str
    def __init__(self, destination_id: _Optional[str] = ..., destination: _Optional[_Union[Destination, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetDestinationRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListDestinationsRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter", "order_by")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    order_by: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ListDestinationsResponse(_message.Message):
    __slots__ = ("destinations", "next_page_token")
    DESTINATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    destinations: _containers.RepeatedCompositeFieldContainer[Destination]
    next_page_token: str
    def __init__(self, destinations: _Optional[_Iterable[_Union[Destination, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateDestinationRequest(_message.Message):
    __slots__ = ("destination", "update_mask", "request_id")
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    destination: Destination
    update_mask: _field_mask_pb2.FieldMask
    request_id: str
    def __init__(self, destination: _Optional[_Union[Destination, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeleteDestinationRequest(_message.Message):
    __slots__ = ("name", "etag", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class VerifyDestinationRequest(_message.Message):
    __slots__ = ("name", "destination")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    name: str
    destination: Destination
    def __init__(self, name: _Optional[str] = ..., destination: _Optional[_Union[Destination, _Mapping]] = ...) -> None: ...

class VerifyDestinationResponse(_message.Message):
    __slots__ = ("verified", "reason", "message", "remedy", "warnings", "host_key", "host_key_fingerprint")
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    HOST_KEY_FIELD_NUMBER: _ClassVar[int]
    HOST_KEY_FINGERPRINT_FIELD_NUMBER: _ClassVar[int]
    verified: bool
    reason: str
    message: str
    remedy: str
    warnings: _containers.RepeatedScalarFieldContainer[str]
    host_key: str
    host_key_fingerprint: str
    def __init__(self, verified: _Optional[bool] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., remedy: _Optional[str] = ..., warnings: _Optional[_Iterable[str]] = ..., host_key: _Optional[str] = ..., host_key_fingerprint: _Optional[str] = ...) -> None: ...

class CheckDestinationRequest(_message.Message):
    __slots__ = ("name", "mode")
    NAME_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    name: str
    mode: _type_pb2.OperatingMode
    def __init__(self, name: _Optional[str] = ..., mode: _Optional[_Union[_type_pb2.OperatingMode, str]] = ...) -> None: ...

class CheckDestinationResponse(_message.Message):
    __slots__ = ("reachable", "reason", "message", "remedy")
    REACHABLE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    reachable: bool
    reason: str
    message: str
    remedy: str
    def __init__(self, reachable: _Optional[bool] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., remedy: _Optional[str] = ...) -> None: ...

class StageFileRequest(_message.Message):
    __slots__ = ("header", "chunk", "end")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    header: StageFileHeader
    chunk: bytes
    end: StageFileEnd
    def __init__(self, header: _Optional[_Union[StageFileHeader, _Mapping]] = ..., chunk: _Optional[bytes] = ..., end: _Optional[_Union[StageFileEnd, _Mapping]] = ...) -> None: ...

class StageFileEnd(_message.Message):
    __slots__ = ("size_bytes", "sha256")
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    size_bytes: int
    sha256: str
    def __init__(self, size_bytes: _Optional[int] = ..., sha256: _Optional[str] = ...) -> None: ...

class StageFileHeader(_message.Message):
    __slots__ = ("attempt", "epoch", "ordinal", "run", "task", "file_name", "site", "mode")
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    attempt: str
    epoch: int
    ordinal: int
    run: str
    task: str
    file_name: str
    site: str
    mode: _type_pb2.OperatingMode
    def __init__(self, attempt: _Optional[str] = ..., epoch: _Optional[int] = ..., ordinal: _Optional[int] = ..., run: _Optional[str] = ..., task: _Optional[str] = ..., file_name: _Optional[str] = ..., site: _Optional[str] = ..., mode: _Optional[_Union[_type_pb2.OperatingMode, str]] = ...) -> None: ...

class File(_message.Message):
    __slots__ = ("file", "state", "task", "run", "destination", "attempts", "last_error", "next_attempt_time", "create_time", "deliver_time", "site", "mode", "delivered_name", "unspooled")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[File.State]
        STATE_PROVISIONAL: _ClassVar[File.State]
        STATE_SEALED: _ClassVar[File.State]
        STATE_SENDING: _ClassVar[File.State]
        STATE_RENAMING: _ClassVar[File.State]
        STATE_DELIVERED: _ClassVar[File.State]
        STATE_PARKED: _ClassVar[File.State]
        STATE_DISCARDED: _ClassVar[File.State]
    STATE_UNSPECIFIED: File.State
    STATE_PROVISIONAL: File.State
    STATE_SEALED: File.State
    STATE_SENDING: File.State
    STATE_RENAMING: File.State
    STATE_DELIVERED: File.State
    STATE_PARKED: File.State
    STATE_DISCARDED: File.State
    FILE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    NEXT_ATTEMPT_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    DELIVER_TIME_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    DELIVERED_NAME_FIELD_NUMBER: _ClassVar[int]
    UNSPOOLED_FIELD_NUMBER: _ClassVar[int]
    file: _type_pb2.SpooledFile
    state: File.State
    task: str
    run: str
    destination: str
    attempts: int
    last_error: str
    next_attempt_time: _timestamp_pb2.Timestamp
    create_time: _timestamp_pb2.Timestamp
    deliver_time: _timestamp_pb2.Timestamp
    site: str
    mode: _type_pb2.OperatingMode
    delivered_name: str
    unspooled: bool
    def __init__(self, file: _Optional[_Union[_type_pb2.SpooledFile, _Mapping]] = ..., state: _Optional[_Union[File.State, str]] = ..., task: _Optional[str] = ..., run: _Optional[str] = ..., destination: _Optional[str] = ..., attempts: _Optional[int] = ..., last_error: _Optional[str] = ..., next_attempt_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., deliver_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., site: _Optional[str] = ..., mode: _Optional[_Union[_type_pb2.OperatingMode, str]] = ..., delivered_name: _Optional[str] = ..., unspooled: _Optional[bool] = ...) -> None: ...

class DiscardFileRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class DiscardFileResponse(_message.Message):
    __slots__ = ("file", "state_before", "mails")
    FILE_FIELD_NUMBER: _ClassVar[int]
    STATE_BEFORE_FIELD_NUMBER: _ClassVar[int]
    MAILS_FIELD_NUMBER: _ClassVar[int]
    file: File
    state_before: File.State
    mails: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, file: _Optional[_Union[File, _Mapping]] = ..., state_before: _Optional[_Union[File.State, str]] = ..., mails: _Optional[_Iterable[str]] = ...) -> None: ...

class RetryDeliveryRequest(_message.Message):
    __slots__ = ("files", "destination", "request_id")
    FILES_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedScalarFieldContainer[str]
    destination: str
    request_id: str
    def __init__(self, files: _Optional[_Iterable[str]] = ..., destination: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class RetryDeliveryResponse(_message.Message):
    __slots__ = ("file_count",)
    FILE_COUNT_FIELD_NUMBER: _ClassVar[int]
    file_count: int
    def __init__(self, file_count: _Optional[int] = ...) -> None: ...

class Delivery(_message.Message):
    __slots__ = ("name", "file", "file_name", "task", "run", "destination", "attempt", "state", "reason", "message", "remedy", "resumed_offset", "create_time", "end_time")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Delivery.State]
        STATE_UNDER_WAY: _ClassVar[Delivery.State]
        STATE_DELIVERED: _ClassVar[Delivery.State]
        STATE_FAILED: _ClassVar[Delivery.State]
        STATE_BROKEN_OFF: _ClassVar[Delivery.State]
    STATE_UNSPECIFIED: Delivery.State
    STATE_UNDER_WAY: Delivery.State
    STATE_DELIVERED: Delivery.State
    STATE_FAILED: Delivery.State
    STATE_BROKEN_OFF: Delivery.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    REMEDY_FIELD_NUMBER: _ClassVar[int]
    RESUMED_OFFSET_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    file: str
    file_name: str
    task: str
    run: str
    destination: str
    attempt: int
    state: Delivery.State
    reason: str
    message: str
    remedy: str
    resumed_offset: int
    create_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., file: _Optional[str] = ..., file_name: _Optional[str] = ..., task: _Optional[str] = ..., run: _Optional[str] = ..., destination: _Optional[str] = ..., attempt: _Optional[int] = ..., state: _Optional[_Union[Delivery.State, str]] = ..., reason: _Optional[str] = ..., message: _Optional[str] = ..., remedy: _Optional[str] = ..., resumed_offset: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetDeliveryRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListDeliveriesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter", "order_by")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    order_by: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ListDeliveriesResponse(_message.Message):
    __slots__ = ("deliveries", "next_page_token")
    DELIVERIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    deliveries: _containers.RepeatedCompositeFieldContainer[Delivery]
    next_page_token: str
    def __init__(self, deliveries: _Optional[_Iterable[_Union[Delivery, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SendFileRequest(_message.Message):
    __slots__ = ("header", "chunk", "end")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    header: SendFileHeader
    chunk: bytes
    end: StageFileEnd
    def __init__(self, header: _Optional[_Union[SendFileHeader, _Mapping]] = ..., chunk: _Optional[bytes] = ..., end: _Optional[_Union[StageFileEnd, _Mapping]] = ...) -> None: ...

class SendFileHeader(_message.Message):
    __slots__ = ("file", "destination", "owner")
    FILE_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    file: StageFileHeader
    destination: str
    owner: str
    def __init__(self, file: _Optional[_Union[StageFileHeader, _Mapping]] = ..., destination: _Optional[str] = ..., owner: _Optional[str] = ...) -> None: ...

class SendFileResponse(_message.Message):
    __slots__ = ("file",)
    FILE_FIELD_NUMBER: _ClassVar[int]
    file: File
    def __init__(self, file: _Optional[_Union[File, _Mapping]] = ...) -> None: ...

class FetchFilesRequest(_message.Message):
    __slots__ = ("begin", "settled")
    BEGIN_FIELD_NUMBER: _ClassVar[int]
    SETTLED_FIELD_NUMBER: _ClassVar[int]
    begin: FetchBegin
    settled: FetchSettled
    def __init__(self, begin: _Optional[_Union[FetchBegin, _Mapping]] = ..., settled: _Optional[_Union[FetchSettled, _Mapping]] = ...) -> None: ...

class FetchBegin(_message.Message):
    __slots__ = ("destination", "pattern", "stable_seconds", "after_commit", "archive_folder", "max_files", "site", "mode")
    class AfterCommit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        AFTER_COMMIT_UNSPECIFIED: _ClassVar[FetchBegin.AfterCommit]
        AFTER_COMMIT_ARCHIVE: _ClassVar[FetchBegin.AfterCommit]
        AFTER_COMMIT_DELETE: _ClassVar[FetchBegin.AfterCommit]
        AFTER_COMMIT_LEAVE: _ClassVar[FetchBegin.AfterCommit]
    AFTER_COMMIT_UNSPECIFIED: FetchBegin.AfterCommit
    AFTER_COMMIT_ARCHIVE: FetchBegin.AfterCommit
    AFTER_COMMIT_DELETE: FetchBegin.AfterCommit
    AFTER_COMMIT_LEAVE: FetchBegin.AfterCommit
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    PATTERN_FIELD_NUMBER: _ClassVar[int]
    STABLE_SECONDS_FIELD_NUMBER: _ClassVar[int]
    AFTER_COMMIT_FIELD_NUMBER: _ClassVar[int]
    ARCHIVE_FOLDER_FIELD_NUMBER: _ClassVar[int]
    MAX_FILES_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    destination: str
    pattern: str
    stable_seconds: int
    after_commit: FetchBegin.AfterCommit
    archive_folder: str
    max_files: int
    site: str
    mode: _type_pb2.OperatingMode
    def __init__(self, destination: _Optional[str] = ..., pattern: _Optional[str] = ..., stable_seconds: _Optional[int] = ..., after_commit: _Optional[_Union[FetchBegin.AfterCommit, str]] = ..., archive_folder: _Optional[str] = ..., max_files: _Optional[int] = ..., site: _Optional[str] = ..., mode: _Optional[_Union[_type_pb2.OperatingMode, str]] = ...) -> None: ...

class FetchSettled(_message.Message):
    __slots__ = ("file", "committed")
    FILE_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_FIELD_NUMBER: _ClassVar[int]
    file: str
    committed: bool
    def __init__(self, file: _Optional[str] = ..., committed: _Optional[bool] = ...) -> None: ...

class FetchFilesResponse(_message.Message):
    __slots__ = ("header", "chunk", "end", "done")
    HEADER_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    header: FetchedFile
    chunk: bytes
    end: StageFileEnd
    done: FetchDone
    def __init__(self, header: _Optional[_Union[FetchedFile, _Mapping]] = ..., chunk: _Optional[bytes] = ..., end: _Optional[_Union[StageFileEnd, _Mapping]] = ..., done: _Optional[_Union[FetchDone, _Mapping]] = ...) -> None: ...

class FetchedFile(_message.Message):
    __slots__ = ("file", "file_name", "size_bytes", "sha256", "modify_time")
    FILE_FIELD_NUMBER: _ClassVar[int]
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    MODIFY_TIME_FIELD_NUMBER: _ClassVar[int]
    file: str
    file_name: str
    size_bytes: int
    sha256: str
    modify_time: _timestamp_pb2.Timestamp
    def __init__(self, file: _Optional[str] = ..., file_name: _Optional[str] = ..., size_bytes: _Optional[int] = ..., sha256: _Optional[str] = ..., modify_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class FetchDone(_message.Message):
    __slots__ = ("file", "cleared", "message")
    FILE_FIELD_NUMBER: _ClassVar[int]
    CLEARED_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    file: str
    cleared: bool
    message: str
    def __init__(self, file: _Optional[str] = ..., cleared: _Optional[bool] = ..., message: _Optional[str] = ...) -> None: ...

class ListFilesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "filter", "order_by")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    filter: str
    order_by: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., filter: _Optional[str] = ..., order_by: _Optional[str] = ...) -> None: ...

class ListFilesResponse(_message.Message):
    __slots__ = ("files", "next_page_token")
    FILES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    files: _containers.RepeatedCompositeFieldContainer[File]
    next_page_token: str
    def __init__(self, files: _Optional[_Iterable[_Union[File, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SendSpoolRequest(_message.Message):
    __slots__ = ("attempt", "task", "run", "destination", "files", "nominal_time", "site", "mode", "owner", "traceparent")
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    RUN_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    FILES_FIELD_NUMBER: _ClassVar[int]
    NOMINAL_TIME_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    attempt: str
    task: str
    run: str
    destination: str
    files: _containers.RepeatedScalarFieldContainer[str]
    nominal_time: _timestamp_pb2.Timestamp
    site: str
    mode: _type_pb2.OperatingMode
    owner: str
    traceparent: str
    def __init__(self, attempt: _Optional[str] = ..., task: _Optional[str] = ..., run: _Optional[str] = ..., destination: _Optional[str] = ..., files: _Optional[_Iterable[str]] = ..., nominal_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., site: _Optional[str] = ..., mode: _Optional[_Union[_type_pb2.OperatingMode, str]] = ..., owner: _Optional[str] = ..., traceparent: _Optional[str] = ...) -> None: ...

class SendSpoolResponse(_message.Message):
    __slots__ = ("file_count",)
    FILE_COUNT_FIELD_NUMBER: _ClassVar[int]
    file_count: int
    def __init__(self, file_count: _Optional[int] = ...) -> None: ...
