import datetime

from backroom.type.v1 import type_pb2 as _type_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Mail(_message.Message):
    __slots__ = ("name", "state", "recipients", "subject", "message_id", "ticket", "attachments", "last_answer", "attempts", "create_time", "send_time", "site", "server", "legacy_server", "sent_recipients", "uncertain_recipients")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Mail.State]
        STATE_QUEUED: _ClassVar[Mail.State]
        STATE_SENDING: _ClassVar[Mail.State]
        STATE_SENT: _ClassVar[Mail.State]
        STATE_UNCERTAIN: _ClassVar[Mail.State]
        STATE_FAILED: _ClassVar[Mail.State]
        STATE_ABANDONED: _ClassVar[Mail.State]
    STATE_UNSPECIFIED: Mail.State
    STATE_QUEUED: Mail.State
    STATE_SENDING: Mail.State
    STATE_SENT: Mail.State
    STATE_UNCERTAIN: Mail.State
    STATE_FAILED: Mail.State
    STATE_ABANDONED: Mail.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    TICKET_FIELD_NUMBER: _ClassVar[int]
    ATTACHMENTS_FIELD_NUMBER: _ClassVar[int]
    LAST_ANSWER_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    SEND_TIME_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    SERVER_FIELD_NUMBER: _ClassVar[int]
    LEGACY_SERVER_FIELD_NUMBER: _ClassVar[int]
    SENT_RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    UNCERTAIN_RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: Mail.State
    recipients: _containers.RepeatedScalarFieldContainer[str]
    subject: str
    message_id: str
    ticket: str
    attachments: _containers.RepeatedScalarFieldContainer[str]
    last_answer: str
    attempts: int
    create_time: _timestamp_pb2.Timestamp
    send_time: _timestamp_pb2.Timestamp
    site: str
    server: str
    legacy_server: bool
    sent_recipients: _containers.RepeatedScalarFieldContainer[str]
    uncertain_recipients: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[Mail.State, str]] = ..., recipients: _Optional[_Iterable[str]] = ..., subject: _Optional[str] = ..., message_id: _Optional[str] = ..., ticket: _Optional[str] = ..., attachments: _Optional[_Iterable[str]] = ..., last_answer: _Optional[str] = ..., attempts: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., send_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., site: _Optional[str] = ..., server: _Optional[str] = ..., legacy_server: _Optional[bool] = ..., sent_recipients: _Optional[_Iterable[str]] = ..., uncertain_recipients: _Optional[_Iterable[str]] = ...) -> None: ...

class Attachment(_message.Message):
    __slots__ = ("file_name", "media_type", "content")
    FILE_NAME_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    file_name: str
    media_type: str
    content: bytes
    def __init__(self, file_name: _Optional[str] = ..., media_type: _Optional[str] = ..., content: _Optional[bytes] = ...) -> None: ...

class SendMessageRequest(_message.Message):
    __slots__ = ("recipients", "subject", "body", "attachments", "site", "mode", "request_id", "server")
    RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    ATTACHMENTS_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SERVER_FIELD_NUMBER: _ClassVar[int]
    recipients: _containers.RepeatedScalarFieldContainer[str]
    subject: str
    body: str
    attachments: _containers.RepeatedCompositeFieldContainer[Attachment]
    site: str
    mode: _type_pb2.OperatingMode
    request_id: str
    server: MailServer
    def __init__(self, recipients: _Optional[_Iterable[str]] = ..., subject: _Optional[str] = ..., body: _Optional[str] = ..., attachments: _Optional[_Iterable[_Union[Attachment, _Mapping]]] = ..., site: _Optional[str] = ..., mode: _Optional[_Union[_type_pb2.OperatingMode, str]] = ..., request_id: _Optional[str] = ..., server: _Optional[_Union[MailServer, _Mapping]] = ...) -> None: ...

class MailServer(_message.Message):
    __slots__ = ("address", "user_name", "password", "security", "sender")
    class Security(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SECURITY_UNSPECIFIED: _ClassVar[MailServer.Security]
        SECURITY_NONE: _ClassVar[MailServer.Security]
        SECURITY_STARTTLS: _ClassVar[MailServer.Security]
        SECURITY_TLS: _ClassVar[MailServer.Security]
    SECURITY_UNSPECIFIED: MailServer.Security
    SECURITY_NONE: MailServer.Security
    SECURITY_STARTTLS: MailServer.Security
    SECURITY_TLS: MailServer.Security
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    USER_NAME_FIELD_NUMBER: _ClassVar[int]
    PASSWORD_FIELD_NUMBER: _ClassVar[int]
    SECURITY_FIELD_NUMBER: _ClassVar[int]
    SENDER_FIELD_NUMBER: _ClassVar[int]
    address: str
    user_name: str
    password: str
    security: MailServer.Security
    sender: str
    def __init__(self, address: _Optional[str] = ..., user_name: _Optional[str] = ..., password: _Optional[str] = ..., security: _Optional[_Union[MailServer.Security, str]] = ..., sender: _Optional[str] = ...) -> None: ...

class SendTicketRequest(_message.Message):
    __slots__ = ("ticket", "recipients", "request_id", "locale")
    TICKET_FIELD_NUMBER: _ClassVar[int]
    RECIPIENTS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    LOCALE_FIELD_NUMBER: _ClassVar[int]
    ticket: str
    recipients: _containers.RepeatedScalarFieldContainer[str]
    request_id: str
    locale: str
    def __init__(self, ticket: _Optional[str] = ..., recipients: _Optional[_Iterable[str]] = ..., request_id: _Optional[str] = ..., locale: _Optional[str] = ...) -> None: ...

class AbandonMailRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetMailRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListMailsRequest(_message.Message):
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

class ListMailsResponse(_message.Message):
    __slots__ = ("mails", "next_page_token")
    MAILS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    mails: _containers.RepeatedCompositeFieldContainer[Mail]
    next_page_token: str
    def __init__(self, mails: _Optional[_Iterable[_Union[Mail, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
