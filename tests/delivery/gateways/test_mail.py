"""E-mail through the real mail service, its real worker and real mail servers."""

import json
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

import grpc
import pytest

from backroom.mail.v1 import mail_pb2 as pb
from chassis.embedded.server import free_ports
from chassis.rpc.client import open_channel
from services.delivery.domain.destinations import MailServer, Security
from services.delivery.domain.failures import MailAway, SecretLost
from services.delivery.domain.file_failures import (
    MailRefused,
    MailUncertain,
    MailWaiting,
    RefusedByServer,
    TooLargeForMail,
)
from services.delivery.domain.logins import Login
from services.delivery.gateways.mail import LARGEST, OpenMail
from tests.delivery.gateways.mailing import TEXTS, email, produced, stub, way
from tests.delivery.mail_end import MailEnd
from tests.mail.mail_server import Delivered
from tests.mail.mail_server import MailServer as SmtpServer


@pytest.fixture
def edi_server() -> Iterator[SmtpServer]:
    server = SmtpServer(login=("edi", "secret"))
    server.start()
    yield server
    server.stop()


def own(port: int, **more: object) -> MailServer:
    facts = {"security": Security.NONE, "user_name": "edi", "login": Login(password="secret"), "sender": ""}
    return MailServer(host="127.0.0.1", port=port, **(facts | more))  # type: ignore[arg-type]  # the test's shorthand


def attached(delivered: Delivered) -> EmailMessage:
    (attachment,) = delivered.message.iter_attachments()
    assert isinstance(attachment, EmailMessage)
    return attachment


def test_a_file_arrives_as_the_attachment_of_one_message(mail: MailEnd) -> None:
    parcel = produced("ventes-été.csv", ["é;b\n".encode("cp1252"), b"1;2\r\n.\n"])
    with way(mail)(email("edi@fournisseur.example", "copie@client.example")) as post:
        post.deliver(parcel)
    (delivered,) = mail.house_server.taken
    assert delivered.recipients == ["edi@fournisseur.example", "copie@client.example"]
    assert delivered.message["Subject"] == "Ventes du jour"
    body = delivered.message.get_body(("plain",))
    assert isinstance(body, EmailMessage)
    assert "Vous trouverez ci-joint le fichier ventes-été.csv." in body.get_content()
    attachment = attached(delivered)
    assert (attachment.get_filename(), attachment.get_content_type()) == ("ventes-été.csv", "text/csv")
    assert attachment.get_payload(decode=True) == b"\xe9;b\n1;2\r\n.\n"


def test_a_repeated_try_is_the_same_message_and_the_try_after_a_refusal_another(mail: MailEnd) -> None:
    with way(mail)(email()) as post:
        post.deliver(produced("a.csv", [b"1"]))
        post.deliver(produced("a.csv", [b"1"], repeated=True, attempts=2))
        assert len(mail.house_server.taken) == 1
        mail.house_server.behaviour.content.append("554 refused")
        with pytest.raises(MailRefused) as refused:
            post.deliver(produced("b.csv", [b"2"], id=UUID(int=8)))
        assert refused.value.facts["answer"] == "554 refused"
        with pytest.raises(MailRefused):  # asked after again, not sent again
            post.deliver(produced("b.csv", [b"2"], id=UUID(int=8), repeated=True))
        assert len(mail.house_server.taken) == 1
        post.deliver(produced("b.csv", [b"2"], id=UUID(int=8), mails=1, repeated=True))
    assert [attached(each).get_filename() for each in mail.house_server.taken] == ["a.csv", "b.csv"]


def test_a_destination_may_have_a_mail_server_of_its_own(mail: MailEnd, edi_server: SmtpServer) -> None:
    server = own(edi_server.port, sender="edi@brico.example")
    with way(mail)(email(server=server)) as post:
        post.deliver(produced("a.csv", [b"1"]))
    (delivered,) = edi_server.taken
    assert (delivered.sender, delivered.message["From"]) == ("edi@brico.example", "edi@brico.example")
    assert mail.house_server.taken == []


def test_a_login_that_its_server_refuses_is_told(mail: MailEnd, edi_server: SmtpServer) -> None:
    guessing = own(edi_server.port, login=Login(password="guess"))
    with way(mail)(email(server=guessing)) as post, pytest.raises(MailRefused, match="refused the login"):
        post.deliver(produced("a.csv", [b"1"]))
    lost = own(edi_server.port, login=Login(unreadable=True))
    with way(mail)(email(server=lost)) as post, pytest.raises(SecretLost):
        post.deliver(produced("a.csv", [b"1"]))


def test_a_server_that_is_away_leaves_the_message_waiting_and_says_why(mail: MailEnd) -> None:
    (nobody,) = free_ports(1)
    with way(mail, patience=0.1)(email(server=own(nobody))) as post:
        with pytest.raises(MailWaiting):
            post.deliver(produced("a.csv", [b"1"]))
        mail.wait_for_journal("hors d'atteinte")
        with pytest.raises(MailWaiting, match="refused the connection"):
            post.deliver(produced("a.csv", [b"1"]))


def test_one_refused_recipient_is_a_refusal(mail: MailEnd) -> None:
    mail.house_server.behaviour.recipients["bob@client.example"] = "550 5.1.1 no such user"
    both = email("anne@client.example", "bob@client.example")
    with way(mail)(both) as post, pytest.raises(MailRefused, match=r"bob@client\.example: 550 5\.1\.1 no such user"):
        post.deliver(produced("a.csv", [b"1"]))


def test_an_answer_that_never_came_is_no_failure_and_no_second_message(mail: MailEnd) -> None:
    mail.house_server.behaviour.close_at.add("CONTENT")
    with way(mail)(email()) as post:
        for repeated in (False, True):
            with pytest.raises(MailUncertain):
                post.deliver(produced("a.csv", [b"1"], repeated=repeated))
    assert (len(mail.house_server.lost), len(mail.house_server.taken)) == (1, 0)


def test_a_file_that_mail_does_not_take_is_refused_alone(mail: MailEnd) -> None:
    with way(mail)(email()) as post:
        with pytest.raises(TooLargeForMail):
            post.deliver(produced("a.csv", [b"1"], size_bytes=LARGEST + 1))
        with pytest.raises(RefusedByServer, match="encoded text"):
            post.deliver(produced("=?a.csv", [b"1"]))
        whole = bytes(LARGEST)
        post.deliver(produced("a.bin", [whole]))
    assert attached(mail.house_server.taken[0]).get_content() == whole


def test_a_destination_that_mail_does_not_take_is_told_field_by_field(mail: MailEnd) -> None:
    wrong = email("nobody", server=own(25, sender="x"))
    with way(mail)(wrong) as post, pytest.raises(MailAway, match=r"recipients\[0\]: .*; server.sender: "):
        post.deliver(produced("a.csv", [b"1"]))


def test_verifying_sends_the_message_of_the_seed_and_nothing_with_it(mail: MailEnd, edi_server: SmtpServer) -> None:
    with way(mail)(email(server=own(edi_server.port))) as post:
        assert post.verify(".backroom-probe") == ()
    (delivered,) = edi_server.taken
    assert delivered.message["Subject"] == "Test de connexion"
    assert list(delivered.message.iter_attachments()) == []
    guessing = own(edi_server.port, login=Login(password="guess"))
    with way(mail)(email(server=guessing)) as post, pytest.raises(MailRefused, match="refused the login"):
        post.verify(".backroom-probe")


def test_verifying_warns_of_legacy_settings_where_they_are_used(mail: MailEnd) -> None:
    mail.office.legacy = True
    with way(mail, locale="en")(email()) as post:
        assert post.verify(".backroom-probe") == ("warning.LEGACY_MAIL_SERVER",)
    assert mail.house_server.taken[0].message["Subject"] == "Connection test"


def test_what_is_sent_by_hand_goes_and_what_a_site_holds_back_waits(mail: MailEnd) -> None:
    with way(mail)(email()) as post:
        post.deliver(produced("a.csv", [b"1"], site="lille", mode="isolated"))
        shown = stub(mail).ListMails(pb.ListMailsRequest())
        assert [each.site for each in shown.mails] == ["lille"]


def test_a_check_sends_nothing(mail: MailEnd) -> None:
    with way(mail)(email()) as post:
        post.check()
    shown = stub(mail).ListMails(pb.ListMailsRequest())
    assert list(shown.mails) == []


@pytest.mark.parametrize("stranger", [False, True])
def test_a_mail_service_that_is_away_or_knows_us_not_is_told(mail: MailEnd, stranger: bool) -> None:
    target = mail.address if stranger else f"127.0.0.1:{free_ports(1)[0]}"
    channel: grpc.Channel = open_channel(target, token=lambda: "nobody")
    lost = OpenMail(channel=lambda: channel, texts=TEXTS, locale="fr", patience=timedelta(seconds=1))
    try:
        with lost(email()) as post:
            with pytest.raises(MailAway):
                post.check()
            with pytest.raises(MailAway):
                post.deliver(produced("a.csv", [b"1"]))
            with pytest.raises(MailAway):
                post.verify("x")
    finally:
        channel.close()


def test_no_password_lies_in_what_is_kept_of_the_message(mail: MailEnd, edi_server: SmtpServer) -> None:
    with way(mail)(email(server=own(edi_server.port))) as post:
        post.deliver(produced("a.csv", [b"1"]))
    assert "secret" not in json.dumps(mail.everything())
