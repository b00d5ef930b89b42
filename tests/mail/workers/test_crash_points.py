"""The outbox's crash points, each walked: the process dies there, a successor goes on."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

import pytest

from services.mail.domain.address import Address
from services.mail.domain.delivery import Answer, Lost
from services.mail.domain.mail import DueMail
from services.mail.domain.message import Attachment
from services.mail.domain.servers import OwnServer
from services.mail.domain.states import MailState
from services.mail.gateways.smtp import SmtpSession
from tests.mail.conftest import OpenMailWork, new_mail, put
from tests.mail.mail_server import MailServer
from tests.mail.office import SENDER, Office, Tally, composer, relay, transport


class Died(BaseException):
    """The process is gone: nothing catches this."""


class DyingSession(SmtpSession):
    """The process dies at one point of the conversation."""

    def __init__(self, port: int, at: str, then: Callable[[], None]) -> None:
        super().__init__(relay(port), SENDER)
        self._at, self._then = at, then

    def offer(self, recipients: Sequence[Address]) -> Mapping[Address, Answer]:
        self._here("before the offer")
        answers = super().offer(recipients)
        self._here("after the offer")
        return answers

    def deliver(self, content: bytes) -> Answer | Lost:
        self._here("before DATA")
        answer = super().deliver(content)
        self._here("after DATA")
        return answer

    def _here(self, point: str) -> None:
        if point == self._at:
            self._then()


class DyingTransport:
    def __init__(self, port: int, at: str, then: Callable[[], None]) -> None:
        self._port, self._at, self._then = port, at, then

    def session(self, server: OwnServer | None) -> AbstractContextManager[SmtpSession]:
        return DyingSession(self._port, self._at, self._then)


class DyingComposer:
    def compose(self, mail: DueMail, attachments: Sequence[Attachment]) -> bytes:
        raise Died


class DyingMeter(Tally):
    def moved(self, state: MailState, mails: int = 1) -> None:
        raise Died


def die() -> None:
    raise Died


@pytest.mark.parametrize(
    ("at", "found", "becomes", "copies"),
    [
        ("before the offer", "queued", "sent", 1),
        ("after the offer", "queued", "sent", 1),
        ("while SENDING is committed", "queued", "sent", 1),
        ("before DATA", "sending", "uncertain", 0),
        ("after DATA", "sending", "uncertain", 1),
        ("after SENT is committed", "sent", "sent", 1),
    ],
)
def test_wherever_the_process_dies_no_mail_is_sent_twice_or_lost(
    office: Office, open_work: OpenMailWork, mail_server: MailServer, at: str, found: str, becomes: str, copies: int
) -> None:
    mail = new_mail()
    put(open_work, mail)
    office.transport = DyingTransport(mail_server.port, at, die)
    if at == "while SENDING is committed":
        office.composer = DyingComposer()
    if at == "after SENT is committed":
        office.meter = DyingMeter()
    with pytest.raises(Died):
        office.send()
    assert office.mails() == [("", found)]

    office.take_over()
    office.transport, office.composer, office.meter = transport(mail_server.port), composer(), Tally()
    put(open_work, new_mail(subject="le suivant"))
    office.send()
    assert office.mail(mail.id).state == becomes
    taken = [delivered.message["Message-ID"] for delivered in mail_server.taken]
    assert taken.count(mail.message_id) == copies
    assert len(taken) == copies + 1
    office.send()
    assert len(mail_server.taken) == copies + 1


def test_who_wakes_after_a_takeover_changes_nothing(
    office: Office, open_work: OpenMailWork, mail_server: MailServer
) -> None:
    """The stalled one got its 250; its successor has called the mail uncertain, and that stands."""
    mail = new_mail()
    put(open_work, mail)
    honest = transport(mail_server.port)

    def successor() -> None:
        office.take_over()
        office.transport = honest
        office.send()

    office.transport = DyingTransport(mail_server.port, "after DATA", successor)
    office.send()
    assert office.mail(mail.id).state is MailState.UNCERTAIN
    assert len(mail_server.taken) == 1


def test_a_mail_given_up_while_it_is_offered_is_not_sent(
    office: Office, open_work: OpenMailWork, mail_server: MailServer
) -> None:
    mail, other = new_mail(), new_mail()
    put(open_work, mail)
    put(open_work, other)

    def give_up() -> None:
        with open_work() as work:
            work.mails.abandon(mail.id, "given up")

    office.transport = DyingTransport(mail_server.port, "after the offer", give_up)
    office.send()
    assert [delivered.message["Message-ID"] for delivered in mail_server.taken] == [other.message_id]
    assert office.mail(mail.id).state is MailState.ABANDONED
