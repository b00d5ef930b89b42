"""Mails that a person, or delivery on behalf of one, gives up."""

from functools import partial
from uuid import UUID, uuid4

import grpc
import pytest

from backroom.mail.v1 import mail_pb2 as pb
from chassis.embedded.server import free_ports
from services.mail.domain.states import MailState
from tests.mail.conftest import content_of
from tests.mail.mail_server import MailServer
from tests.mail.rpc.asking import MESSAGE, Door, refusal


def abandoned(mail: pb.Mail, **more: str) -> pb.AbandonMailRequest:
    facts = {"reason": "serveur mal renseigné", "request_id": str(uuid4())}
    return pb.AbandonMailRequest(name=mail.name, **(facts | more))


def id_of(mail: pb.Mail) -> UUID:
    return UUID(mail.name.removeprefix("mails/"))


def shown(door: Door, name: str) -> pb.Mail:
    mail: pb.Mail = door.stub("viewer").GetMail(pb.GetMailRequest(name=name))
    return mail


def test_a_mail_that_waits_for_a_misnamed_server_is_given_up_at_once_with_all_it_held(door: Door) -> None:
    (nobody,) = free_ports(1)
    server = pb.MailServer(
        address=f"127.0.0.1:{nobody}", user_name="edi", password="secret", security=pb.MailServer.SECURITY_NONE
    )
    request = pb.SendMessageRequest(server=server)
    request.MergeFrom(MESSAGE)
    request.attachments.add(file_name="ventes.csv", media_type="text/csv", content=b"1;2\n")
    mail = door.stub("service").SendMessage(request)
    door.office.send_by_servers()
    given_up = door.stub("operator").AbandonMail(abandoned(mail))
    assert (given_up.state, given_up.last_answer) == (
        pb.Mail.STATE_ABANDONED,
        "abandonné par operator : serveur mal renseigné",
    )
    assert given_up == shown(door, mail.name)
    assert door.office.passwords() == [None]
    assert content_of(door.office.database, id_of(mail)) == [None]
    assert door.office.journal()[-1] == (
        f"{mail.name} abandonné, il ne sera pas envoyé (état queued) : serveur mal renseigné"
    )
    door.office.pass_time()
    door.office.send_by_servers()
    assert shown(door, mail.name) == given_up


def test_a_repeat_and_one_who_comes_later_change_nothing(door: Door) -> None:
    operator, mail = door.stub("operator"), door.stub("operator").SendMessage(MESSAGE)
    request = abandoned(mail)
    first = operator.AbandonMail(request)
    assert operator.AbandonMail(request) == first
    assert door.stub("service").AbandonMail(abandoned(mail, reason="trop tard")) == first
    assert len([entry for entry in door.office.journal() if "abandonné" in entry]) == 1
    assert door.office.meter.states == [MailState.ABANDONED]


def test_what_was_refused_or_may_have_arrived_can_be_given_up_and_what_was_sent_cannot(
    door: Door, mail_server: MailServer
) -> None:
    operator = door.stub("operator")
    refused, lost = operator.SendMessage(MESSAGE), operator.SendMessage(MESSAGE)
    mail_server.behaviour.content.append("550 no")
    door.office.send()
    assert shown(door, refused.name).state == pb.Mail.STATE_FAILED
    assert operator.AbandonMail(abandoned(refused)).state == pb.Mail.STATE_ABANDONED
    taken = shown(door, lost.name)
    assert taken.state == pb.Mail.STATE_SENT
    code, reason, _ = refusal(lambda: operator.AbandonMail(abandoned(lost)))
    assert (code, reason) == (grpc.StatusCode.FAILED_PRECONDITION, "WRONG_STATE")
    assert shown(door, lost.name) == taken
    uncertain = operator.SendMessage(MESSAGE)
    mail_server.behaviour.close_at.add("CONTENT")
    door.office.send()
    assert shown(door, uncertain.name).state == pb.Mail.STATE_UNCERTAIN
    assert operator.AbandonMail(abandoned(uncertain)).state == pb.Mail.STATE_ABANDONED


def test_a_mail_that_is_being_sent_is_not_given_up_and_the_refusal_names_its_state(door: Door) -> None:
    operator, mail = door.stub("operator"), door.stub("operator").SendMessage(MESSAGE)
    with door.office.open_work() as work:
        work.mails.begin_sending(id_of(mail))
    with pytest.raises(grpc.RpcError, match="is SENDING; this needs it to be QUEUED or UNCERTAIN or FAILED") as no:
        operator.AbandonMail(abandoned(mail))
    assert no.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert shown(door, mail.name).state == pb.Mail.STATE_SENDING


def test_who_only_looks_gives_nothing_up_and_who_is_confined_to_stores_no_other_stores_tickets(door: Door) -> None:
    mail = door.stub("operator").SendTicket(pb.SendTicketRequest(ticket="tickets/12-1-4"))
    for role in ("viewer", "confined"):
        code, _, _ = refusal(partial(door.stub(role).AbandonMail, abandoned(mail)))
        assert code is grpc.StatusCode.PERMISSION_DENIED
    assert shown(door, mail.name).state == pb.Mail.STATE_QUEUED


@pytest.mark.parametrize("reason", ["", "  ", "a\nb", "x" * 501])
def test_a_reason_is_given_in_one_line(door: Door, reason: str) -> None:
    operator, mail = door.stub("operator"), door.stub("operator").SendMessage(MESSAGE)
    code, _, fields = refusal(lambda: operator.AbandonMail(abandoned(mail, reason=reason)))
    assert (code, fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["reason"])


def test_what_does_not_exist_is_not_given_up(door: Door) -> None:
    unknown = pb.Mail(name=f"mails/{uuid4()}")
    assert refusal(lambda: door.stub("operator").AbandonMail(abandoned(unknown)))[0] is grpc.StatusCode.NOT_FOUND
