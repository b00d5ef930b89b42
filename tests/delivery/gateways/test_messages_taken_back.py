"""Messages that wait in the real mail service, while their file is given up or their destination changes."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

import pytest

from backroom.mail.v1 import mail_pb2 as pb
from chassis.embedded.server import free_ports
from chassis.errors import Unavailable
from chassis.rpc.client import open_channel
from services.delivery.domain.errors import BeingSent
from services.delivery.domain.file_failures import (
    MailRefused,
    MailUncertain,
    MailWaiting,
)
from services.delivery.domain.spool import Failure
from services.delivery.gateways.mail import OpenMail, message_of
from tests.delivery.gateways.mailing import FILE, TEXTS, email, produced, stub, way
from tests.delivery.mail_end import MailEnd

NAME = f"mails/{uuid5(FILE, '0')}"  #: its first message


def state_of(mail: MailEnd) -> int:
    state: int = stub(mail).GetMail(pb.GetMailRequest(name=NAME)).state
    return state


def test_a_message_that_waits_where_the_destination_led_before_is_overtaken_by_another(mail: MailEnd) -> None:
    with mail.resting:
        with way(mail, patience=0.1)(email()) as post, pytest.raises(MailWaiting) as waiting:
            post.deliver(produced("a.csv", [b"1"]))
        assert waiting.value.facts["answer"] == "en attente d'envoi"
        with way(mail)(email("autre@fournisseur.example")) as post:
            for repeated in (False, True):  # whoever died before that was recorded finds it again
                with pytest.raises(MailRefused, match="la destination a été modifiée"):
                    post.deliver(produced("a.csv", [b"1"], repeated=repeated))
    with way(mail)(email("autre@fournisseur.example")) as post:
        post.deliver(produced("a.csv", [b"1"], mails=1, repeated=True))
    mail.wait_until_empty()
    assert [each.recipients for each in mail.house_server.taken] == [["autre@fournisseur.example"]]


def test_a_message_that_has_left_counts_though_the_destination_has_changed(mail: MailEnd) -> None:
    for recipient in ("edi@fournisseur.example", "autre@fournisseur.example"):
        with way(mail)(email(recipient)) as post:
            post.deliver(produced("a.csv", [b"1"]))
    assert [each.recipients for each in mail.house_server.taken] == [["edi@fournisseur.example"]]


def test_a_message_that_may_have_left_is_not_overtaken(mail: MailEnd) -> None:
    mail.house_server.behaviour.close_at.add("CONTENT")
    for recipient in ("edi@fournisseur.example", "autre@fournisseur.example"):
        with way(mail)(email(recipient)) as post, pytest.raises(MailUncertain):
            post.deliver(produced("a.csv", [b"1"]))
    assert state_of(mail) == pb.Mail.STATE_UNCERTAIN


def test_a_message_that_may_have_left_and_was_given_up_is_followed_by_no_other(mail: MailEnd) -> None:
    mail.house_server.behaviour.close_at.add("CONTENT")
    file = produced("a.csv", [b"1"])
    with way(mail)(email()) as post:
        with pytest.raises(MailUncertain):
            post.deliver(file)
        stub(mail).AbandonMail(pb.AbandonMailRequest(name=NAME, reason="il est arrivé"))
        assert state_of(mail) == pb.Mail.STATE_ABANDONED
        with pytest.raises(MailUncertain):
            post.deliver(produced("a.csv", [b"1"], repeated=True))


def test_a_file_given_up_takes_its_waiting_message_with_it(mail: MailEnd) -> None:
    file = produced("a.csv", [b"1"])
    with mail.resting:
        with way(mail, patience=0.1)(email()) as post, pytest.raises(MailWaiting):
            post.deliver(file)
        for _ in range(2):  # whoever died before the file was DISCARDED does it again
            assert way(mail).give_up(file.file, "mauvais jour") == []
    assert state_of(mail) == pb.Mail.STATE_ABANDONED
    assert "mauvais jour" in stub(mail).GetMail(pb.GetMailRequest(name=NAME)).last_answer
    mail.wait_until_empty()
    assert mail.house_server.taken == []


def test_a_reason_longer_than_mail_takes_is_cut(mail: MailEnd) -> None:
    file = produced("a.csv", [b"1"])
    with mail.resting:
        with way(mail, patience=0.1)(email()) as post, pytest.raises(MailWaiting):
            post.deliver(file)
        assert way(mail).give_up(file.file, "x" * 501) == []
    assert state_of(mail) == pb.Mail.STATE_ABANDONED


def test_of_a_file_given_up_is_told_what_has_arrived_or_may_have(mail: MailEnd) -> None:
    sent, lost, partial = (produced("a.csv", [b"1"], id=UUID(int=number)) for number in (7, 8, 9))
    mail.house_server.behaviour.recipients["bob@client.example"] = "550 5.1.1 no such user"
    with way(mail)(email("anne@client.example", "bob@client.example")) as post, pytest.raises(MailRefused):
        post.deliver(partial)
    with way(mail)(email()) as post:
        post.deliver(sent)
        mail.house_server.behaviour.close_at.add("CONTENT")
        with pytest.raises(MailUncertain) as uncertain:
            post.deliver(lost)
    other = replace(lost.file, id=UUID(int=11))  # mail has forgotten its message; the file has not
    facts = {**uncertain.value.facts, "mail": f"mails/{message_of(other, 0)}"}
    forgotten = replace(other, failure=Failure(reason=MailUncertain.reason, facts=facts))
    for file in (sent.file, lost.file, lost.file, replace(partial.file, mails=1), forgotten):
        assert way(mail).give_up(file, "essai") == [f"mails/{message_of(file, 0)}"]
    assert way(mail).give_up(replace(sent.file, id=UUID(int=10)), "essai") == []  # mail has never heard of it


def test_a_file_whose_message_is_under_way_is_not_given_up(mail: MailEnd) -> None:
    file = produced("a.csv", [b"1"])
    with mail.resting:
        with way(mail, patience=0.1)(email()) as post, pytest.raises(MailWaiting):
            post.deliver(file)
        mail.happens("UPDATE mail SET state = 'sending', next_time = NULL")
        with pytest.raises(BeingSent):
            way(mail).give_up(file.file, "essai")
        mail.happens("UPDATE mail SET state = 'queued', next_time = now()")


def test_where_mail_is_away_a_file_is_not_given_up() -> None:
    channel = open_channel(f"127.0.0.1:{free_ports(1)[0]}", token=lambda: "nobody")
    lost = OpenMail(channel=lambda: channel, texts=TEXTS, locale="fr", patience=timedelta(seconds=1))
    with pytest.raises(Unavailable, match=rf"files/{FILE} is not given up: .*; try again"):
        lost.give_up(produced("a.csv", [b"1"]).file, "essai")
    channel.close()
