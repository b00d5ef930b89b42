"""Giving up a file that goes by e-mail, from outside: over a real server and the real mail service."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import grpc
import pytest

from backroom.delivery.v1 import delivery_pb2 as pb
from chassis.database import Database
from tests.delivery.mail_end import MailEnd
from tests.delivery.rpc.asking import create, send_spool, stage
from tests.delivery.rpc.conftest import Served, serving


@pytest.fixture
def served(make_database: Callable[[str | None], Database], tmp_path: Path, mail: MailEnd) -> Iterator[Served]:
    token = tmp_path / "token"
    token.write_text(mail.token)
    more = {"token": token, "mail_address": mail.address, "mail_patience": timedelta(milliseconds=1)}
    with serving(make_database("services.delivery.storage.migrations"), tmp_path, **more) as place:
        yield place


def waiting(served: Served) -> pb.File:
    """A file whose message is in mail."""
    email = pb.Email(recipients=["edi@fournisseur.example"], subject="Ventes")
    create(served, pb.Destination(display_name="Shop", email=email))
    file = stage(served, b"x")
    served.delivery("service").SendSpool(send_spool(file))
    served.work()
    return file


def state(served: Served) -> int:
    """Of the only file."""
    (listed,) = served.delivery().ListFiles(pb.ListFilesRequest()).files
    found: int = listed.state
    return found


def test_messages_that_have_left_are_told_to_repeats_too(served: Served, mail: MailEnd) -> None:
    with mail.resting:
        file = waiting(served)
    mail.wait_until_empty()
    request = pb.DiscardFileRequest(name=file.file.name, reason="too late", request_id=str(uuid4()))
    answers = [served.delivery().DiscardFile(request) for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(answers[0].mails) == len(mail.house_server.taken) == 1
    assert state(served) == pb.File.STATE_DISCARDED


def test_a_file_whose_message_nobody_can_ask_after_is_not_given_up_until_somebody_can(
    served: Served, mail: MailEnd
) -> None:
    with mail.resting:
        file = waiting(served)
        mail.happens("ALTER TABLE mail RENAME TO away")
        request = pb.DiscardFileRequest(name=file.file.name, reason="wrong day", request_id=str(uuid4()))
        with pytest.raises(grpc.RpcError) as caught:
            served.delivery().DiscardFile(request)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert f"{file.file.name} is not given up" in str(caught.value.details())
        assert state(served) == pb.File.STATE_SEALED
        mail.happens("ALTER TABLE away RENAME TO mail")
        assert list(served.delivery().DiscardFile(request).mails) == []
    mail.wait_until_empty()
    assert mail.house_server.taken == []
    assert state(served) == pb.File.STATE_DISCARDED
