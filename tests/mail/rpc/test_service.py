"""MailService over a real server, a real database and real peers."""

import json
from uuid import uuid4

import grpc
import pypdfium2
import pytest
import sqlalchemy as sa

from backroom.mail.v1 import mail_pb2 as pb
from backroom.type.v1 import type_pb2
from chassis.operations import OperatingMode
from services.mail.application.watch_outbox import watch_outbox
from tests.mail.conftest import set_mode, ticket
from tests.mail.mail_server import MailServer
from tests.mail.rpc.asking import MESSAGE, Door, refusal


def pdf_text(delivered_message: object) -> str:
    (attached,) = delivered_message.iter_attachments()  # type: ignore[attr-defined]  # EmailMessage
    return str(pypdfium2.PdfDocument(attached.get_content())[0].get_textpage().get_text_range())


def test_a_message_is_stored_before_the_answer_and_sent_in_the_background(door: Door, mail_server: MailServer) -> None:
    operator = door.stub("operator")
    request = pb.SendMessageRequest(site="paris")
    request.MergeFrom(MESSAGE)
    request.attachments.add(file_name="ventes.csv", media_type="text/csv", content=b"1;2\n")
    mail = operator.SendMessage(request)
    assert mail.state == pb.Mail.STATE_QUEUED
    assert (list(mail.attachments), mail.site, mail.subject) == (["ventes.csv"], "paris", "Rapport")
    assert not mail.HasField("send_time")
    door.office.send()
    sent = door.stub("viewer").GetMail(pb.GetMailRequest(name=mail.name))
    assert (sent.state, sent.last_answer, sent.attempts) == (pb.Mail.STATE_SENT, "250 OK", 1)
    assert sent.HasField("send_time")
    assert sent.message_id == mail_server.taken[0].message["Message-ID"]


def test_a_repeat_answers_the_first_result_and_sends_nothing_more(door: Door, mail_server: MailServer) -> None:
    service = door.stub("service")
    request = pb.SendMessageRequest(request_id=str(uuid4()))
    request.MergeFrom(MESSAGE)
    first = service.SendMessage(request)
    assert service.SendMessage(request) == first
    door.office.send()
    assert service.SendMessage(request) == first
    door.office.send()
    assert len(mail_server.taken) == 1
    request.subject = "Autre"
    code, reason, fields = refusal(lambda: service.SendMessage(request))
    assert (code, reason, fields) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED", ["request_id"])


def test_every_wrong_field_of_a_message_is_named(door: Door) -> None:
    request = pb.SendMessageRequest(recipients=["anne@client.example", "nobody"], subject="a\r\nBcc: x@y.example")
    request.attachments.add(file_name="../x", media_type="text/csv")
    code, reason, fields = refusal(lambda: door.stub("operator").SendMessage(request))
    assert (code, reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_INPUT")
    assert fields == ["recipients[1]", "subject", "attachments[0].file_name"]


def test_a_message_of_training_mode_is_kept_to_be_seen_and_never_leaves(door: Door, mail_server: MailServer) -> None:
    request = pb.SendMessageRequest(mode=type_pb2.OPERATING_MODE_TRAINING)
    request.MergeFrom(MESSAGE)
    mail = door.stub("service").SendMessage(request)
    door.office.send()
    kept = door.stub("viewer").GetMail(pb.GetMailRequest(name=mail.name))
    assert (kept.state, kept.last_answer) == (pb.Mail.STATE_ABANDONED, "mode école : préparé, jamais envoyé")
    assert mail_server.taken == []


def test_a_message_of_a_site_that_is_not_normal_waits_and_one_sent_by_hand_goes(
    door: Door, mail_server: MailServer
) -> None:
    set_mode(door.office.open_work, OperatingMode.ISOLATED, 1)
    for mode in (type_pb2.OPERATING_MODE_NORMAL, type_pb2.OPERATING_MODE_ISOLATED):
        request = pb.SendMessageRequest(mode=mode, site="lille")
        request.MergeFrom(MESSAGE)
        door.stub("service").SendMessage(request)
    door.office.send()
    assert len(mail_server.taken) == 1
    set_mode(door.office.open_work, OperatingMode.NORMAL, 2)
    watch_outbox(door.office.open_work, door.office.meter)
    door.office.send()
    assert len(mail_server.taken) == 2


def test_who_only_looks_may_not_send_and_strangers_may_not_look(door: Door) -> None:
    code, _, _ = refusal(lambda: door.stub("viewer").SendMessage(MESSAGE))
    assert code is grpc.StatusCode.PERMISSION_DENIED
    code, _, _ = refusal(lambda: door.stub("viewer").SendTicket(pb.SendTicketRequest(ticket="tickets/12-1-4")))
    assert code is grpc.StatusCode.PERMISSION_DENIED


def test_a_ticket_goes_to_its_client_as_pdf(door: Door, mail_server: MailServer) -> None:
    mail = door.stub("operator").SendTicket(pb.SendTicketRequest(ticket="tickets/12-1-4"))
    assert list(mail.recipients) == ["anne@client.example"]
    assert (mail.ticket, list(mail.attachments)) == ("tickets/12-1-4", ["C1-4-BRICO.pdf"])
    door.office.send()
    (delivered,) = mail_server.taken
    assert delivered.message["Subject"] == "Votre ticket de caisse n° 4 du 31/01/2017"
    text = pdf_text(delivered.message)
    assert "18:05:09" in text  # of the shop's zone, not of UTC
    assert "TOTAL TTC 19,00 €" in text
    assert "DUPLICATA" not in text


def test_a_second_sending_is_a_duplicata_and_the_language_is_the_one_asked_for(
    door: Door, mail_server: MailServer
) -> None:
    operator = door.stub("operator")
    operator.SendTicket(pb.SendTicketRequest(ticket="tickets/12-1-4"))
    operator.SendTicket(pb.SendTicketRequest(ticket="tickets/12-1-4", locale="en"))
    door.office.send()
    texts = sorted(pdf_text(delivered.message) for delivered in mail_server.taken)
    assert ["DUPLI" in text for text in texts].count(True) == 1
    assert "DUPLICATE" in "".join(texts)
    subjects = {delivered.message["Subject"] for delivered in mail_server.taken}
    assert "Your ticket no. 4 of 2017-01-31" in subjects


def test_a_click_too_many_resends_nothing(door: Door, mail_server: MailServer) -> None:
    operator, peers = door.stub("operator"), door.office.peers.peers
    request = pb.SendTicketRequest(ticket="tickets/12-1-4", request_id=str(uuid4()))
    first = operator.SendTicket(request)
    peers.add_client("C1", wants=False)  # consent withdrawn meanwhile: the first answer stands
    assert operator.SendTicket(request) == first
    door.office.send()
    assert len(mail_server.taken) == 1


def test_consent_and_address_decide_unless_recipients_are_given(door: Door, mail_server: MailServer) -> None:
    operator, peers = door.stub("operator"), door.office.peers.peers
    request = pb.SendTicketRequest(ticket="tickets/12-1-4")
    peers.add_client("C1", wants=False, billing="anne@client.example")
    assert refusal(lambda: operator.SendTicket(request))[:2] == (grpc.StatusCode.FAILED_PRECONDITION, "NO_CONSENT")
    peers.clients.clear()
    assert refusal(lambda: operator.SendTicket(request))[:2] == (grpc.StatusCode.FAILED_PRECONDITION, "NO_CONSENT")
    peers.add_client("C1", billing="néant")
    assert refusal(lambda: operator.SendTicket(request))[:2] == (grpc.StatusCode.FAILED_PRECONDITION, "NO_ADDRESS")
    request.recipients.append("bob@client.example")
    assert list(operator.SendTicket(request).recipients) == ["bob@client.example"]
    door.office.send()
    assert mail_server.taken[0].recipients == ["bob@client.example"]


def test_a_walk_in_client_types_an_address_that_is_not_kept(door: Door, mail_server: MailServer) -> None:
    operator = door.stub("operator")
    door.office.peers.peers.add(ticket(name="tickets/12-1-5", number=5, client=""))
    request = pb.SendTicketRequest(ticket="tickets/12-1-5", request_id=str(uuid4()))
    assert refusal(lambda: operator.SendTicket(request))[::2] == (grpc.StatusCode.INVALID_ARGUMENT, ["recipients"])
    request.recipients.append("zoe.martin@client.example")
    request.request_id = str(uuid4())
    assert list(operator.SendTicket(request).recipients) == ["z…@client.example"]
    door.office.send()
    assert mail_server.taken[0].recipients == ["zoe.martin@client.example"]
    with door.office.database.begin() as connection:
        tables = connection.execute(
            sa.text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        ).scalars()
        kept = json.dumps([str(connection.execute(sa.text(f"SELECT * FROM {table}")).all()) for table in tables])
    assert "zoe.martin" not in kept


@pytest.mark.parametrize(
    ("request_", "code", "fields"),
    [
        (pb.SendTicketRequest(ticket="tickets/12-1-999"), grpc.StatusCode.NOT_FOUND, []),
        (pb.SendTicketRequest(ticket="tickets/12"), grpc.StatusCode.INVALID_ARGUMENT, ["ticket"]),
        (pb.SendTicketRequest(ticket="tickets/12-1-4", locale="de"), grpc.StatusCode.INVALID_ARGUMENT, ["locale"]),
        (
            pb.SendTicketRequest(ticket="tickets/12-1-4", recipients=["x"]),
            grpc.StatusCode.INVALID_ARGUMENT,
            ["recipients[0]"],
        ),
    ],
)
def test_what_cannot_be_mailed_says_why(
    door: Door, request_: pb.SendTicketRequest, code: grpc.StatusCode, fields: list[str]
) -> None:
    answered, _, named = refusal(lambda: door.stub("operator").SendTicket(request_))
    assert (answered, named) == (code, fields)


def test_while_sales_is_away_the_caller_is_told_to_come_again(door: Door) -> None:
    door.office.peers.peers.gone = True
    code, reason, _ = refusal(lambda: door.stub("operator").SendTicket(pb.SendTicketRequest(ticket="tickets/12-1-4")))
    assert (code, reason) == (grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE")


def test_who_is_confined_to_stores_mails_no_other_stores_tickets(door: Door) -> None:
    request = pb.SendTicketRequest(ticket="tickets/12-1-4")
    assert refusal(lambda: door.stub("confined").SendTicket(request))[0] is grpc.StatusCode.PERMISSION_DENIED


def test_mails_are_listed_in_pages(door: Door) -> None:
    operator, viewer = door.stub("operator"), door.stub("viewer")
    names = [operator.SendMessage(MESSAGE).name for _ in range(3)]
    first = viewer.ListMails(pb.ListMailsRequest(page_size=2))
    rest = viewer.ListMails(pb.ListMailsRequest(page_size=2, page_token=first.next_page_token))
    assert [mail.name for mail in (*first.mails, *rest.mails)] == names[::-1]
    assert rest.next_page_token == ""
    assert not viewer.ListMails(pb.ListMailsRequest(filter="state = SENT")).mails
    code, _, fields = refusal(lambda: viewer.ListMails(pb.ListMailsRequest(filter="body = x")))
    assert (code, fields) == (grpc.StatusCode.INVALID_ARGUMENT, ["filter"])


def test_an_unknown_mail_and_a_bad_name_are_told_apart(door: Door) -> None:
    viewer = door.stub("viewer")
    unknown = refusal(lambda: viewer.GetMail(pb.GetMailRequest(name=f"mails/{uuid4()}")))
    assert unknown[0] is grpc.StatusCode.NOT_FOUND
    bad = refusal(lambda: viewer.GetMail(pb.GetMailRequest(name="mails/4")))
    assert bad[::2] == (grpc.StatusCode.INVALID_ARGUMENT, ["name"])
