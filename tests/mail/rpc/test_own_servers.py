"""Mails that name a server of their own, and mails that bear the id of their request."""

import json
from uuid import uuid4

import grpc

from backroom.mail.v1 import mail_pb2 as pb
from tests.mail.mail_server import MailServer
from tests.mail.rpc.asking import MESSAGE, Door, refusal


def with_server(**fields: object) -> pb.SendMessageRequest:
    request = pb.SendMessageRequest(server=pb.MailServer(**fields))  # type: ignore[arg-type]  # the test's shorthand
    request.MergeFrom(MESSAGE)
    return request


def test_a_mail_may_name_a_server_of_its_own_and_goes_in_its_senders_name(door: Door, mail_server: MailServer) -> None:
    other = MailServer()
    other.start()
    try:
        request = with_server(
            address=f"127.0.0.1:{other.port}",
            security=pb.MailServer.SECURITY_NONE,
            sender="edi@Fournisseur.example",
        )
        mail = door.stub("service").SendMessage(request)
        assert mail.server == f"127.0.0.1:{other.port}"
        assert mail.message_id.endswith("@fournisseur.example>")
        door.office.send()
        door.office.send_by_servers()
    finally:
        other.stop()
    sent = door.stub("viewer").GetMail(pb.GetMailRequest(name=mail.name))
    assert (sent.state, sent.legacy_server) == (pb.Mail.STATE_SENT, False)
    assert (len(other.taken), len(mail_server.taken)) == (1, 0)
    assert other.taken[0].sender == "edi@fournisseur.example"


def test_every_wrong_field_of_a_server_is_named(door: Door) -> None:
    wrong = with_server(address="a b", user_name="edi", sender="nobody")
    code, _, fields = refusal(lambda: door.stub("service").SendMessage(wrong))
    assert (code, fields) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        ["server.address", "server.password", "server.sender"],
    )
    in_clear = with_server(
        address="mx.example", user_name="edi", password="secret", security=pb.MailServer.SECURITY_NONE
    )
    assert refusal(lambda: door.stub("service").SendMessage(in_clear))[2] == ["server.security"]
    strange = with_server(address="mx.example", security=9)
    assert refusal(lambda: door.stub("service").SendMessage(strange))[2] == ["server.security"]


def test_a_mended_password_is_no_other_request_and_a_mended_address_is_one(door: Door) -> None:
    service, request_id = door.stub("service"), str(uuid4())
    first = with_server(address="mx.example", user_name="edi", password="guess")
    mended = with_server(address="mx.example", user_name="edi", password="secret")
    moved = with_server(address="mx2.example", user_name="edi", password="secret")
    for request in (first, mended, moved):
        request.request_id = request_id
    assert service.SendMessage(mended) == service.SendMessage(first)
    assert refusal(lambda: service.SendMessage(moved))[2] == ["request_id"]
    assert "secret" not in json.dumps([str(mail) for mail in service.ListMails(pb.ListMailsRequest()).mails])


def test_a_mail_bears_the_request_id_that_was_chosen_for_it_and_another_caller_cannot_take_it(door: Door) -> None:
    request = pb.SendMessageRequest(request_id=str(uuid4()))
    request.MergeFrom(MESSAGE)
    mail = door.stub("service").SendMessage(request)
    assert mail.name == f"mails/{request.request_id}"
    assert refusal(lambda: door.stub("operator").SendMessage(request))[0] is grpc.StatusCode.ALREADY_EXISTS
    assert door.stub("service").SendMessage(request) == mail
    assert len(door.stub("viewer").ListMails(pb.ListMailsRequest()).mails) == 1


def test_a_mail_that_went_by_the_legacy_settings_says_so(door: Door) -> None:
    before = door.stub("service").SendMessage(MESSAGE)
    door.office.send()
    door.office.legacy = True
    after = door.stub("service").SendMessage(MESSAGE)
    door.office.send()
    viewer = door.stub("viewer")
    told = [viewer.GetMail(pb.GetMailRequest(name=mail.name)).legacy_server for mail in (before, after)]
    assert told == [False, True]
