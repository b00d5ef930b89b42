import json

from backroom.mail.v1 import mail_pb2 as api
from tests.console.commands.conftest import Shop

IDENTIFIER = "b7a40d60-2f0c-4f4e-9b67-6f6f7d7f9a10"
MAIL = api.Mail(
    name=f"mails/{IDENTIFIER}",
    state=api.Mail.STATE_FAILED,
    recipients=["ana@example.test", "bob@example.test"],
    sent_recipients=["bob@example.test"],
    subject="Ventes",
    last_answer="550 unknown",
    attempts=3,
)


def test_mails_are_listed_with_what_their_servers_said(shop: Shop) -> None:
    shop.answers["ListMails"] = lambda _: api.ListMailsResponse(mails=[MAIL])
    shown = shop("mails", "list", "--filter", "state = FAILED").stdout
    for words in (MAIL.name, "FAILED", "ana@example.test, bob@example.test", "Ventes", "3", "550 unknown"):
        assert words in shown
    assert shop.only_request() == api.ListMailsRequest(page_size=50, filter="state = FAILED")


def test_a_mail_is_shown_with_who_has_it_all_the_same(shop: Shop) -> None:
    shop.answers["GetMail"] = lambda _: MAIL
    lines = shop("mails", "show", IDENTIFIER).stdout.splitlines()
    assert ["arrived", "at", "bob@example.test"] in [line.split() for line in lines]
    assert json.loads(shop("mails", "show", MAIL.name, "--json").stdout)["attempts"] == 3
    assert shop.asked == [api.GetMailRequest(name=MAIL.name)] * 2


def test_a_mail_is_given_up_with_a_reason(shop: Shop) -> None:
    shop.answers["AbandonMail"] = lambda _: api.Mail(name=MAIL.name, state=api.Mail.STATE_ABANDONED)
    assert "ABANDONED" in shop("mails", "abandon", IDENTIFIER, "--reason", "sent by hand").stdout
    assert shop.only_request() == api.AbandonMailRequest(name=MAIL.name, reason="sent by hand")
