"""The mail service as callers of each role reach it, and how they are refused."""

from collections.abc import Callable
from dataclasses import dataclass

import grpc
import pytest
from google.rpc import error_details_pb2

from backroom.mail.v1 import mail_pb2 as pb
from backroom.mail.v1 import mail_pb2_grpc
from chassis.rpc.client import status_of
from tests.mail.office import Office

MESSAGE = pb.SendMessageRequest(recipients=["anne@client.example"], subject="Rapport", body="Tout va bien.\n")


@dataclass
class Door:
    """The service as callers of each role reach it."""

    office: Office
    stub: Callable[[str], mail_pb2_grpc.MailServiceStub]


def refusal(call: Callable[[], object]) -> tuple[grpc.StatusCode, str, list[str]]:
    """The code, the reason and the fields of what is refused."""
    with pytest.raises(grpc.RpcError) as refused:
        call()
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    for detail in status_of(refused.value).details:
        detail.Unpack(info)
        detail.Unpack(bad)
    return refused.value.code(), info.reason, [violation.field for violation in bad.field_violations]
