"""Who is told how runs ended: when the task says so, in the inbox, and by mail where it says that."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import grpc
import pytest

from backroom.mail.v1 import mail_pb2, mail_pb2_grpc
from backroom.type.v1 import type_pb2
from chassis.auth import Principals
from chassis.operations import Kind
from services.scheduler.application.mail_report import MailReport
from services.scheduler.application.tell_people import MAIL_REPORT
from services.scheduler.domain.tasks import Notification, NotifyWhen
from services.scheduler.gateways.mail import GrpcMail
from tests.scheduler.conftest import House
from tests.scheduler.team import failed, succeeded

ON_CHANGE = Notification(when=NotifyWhen.ON_CHANGE)
BY_MAIL = Notification(mail=True, principals=("anne", "brian"))


@dataclass
class Post(mail_pb2_grpc.MailServiceServicer):
    """A mail service that keeps what it is handed, once for each request id."""

    mails: dict[str, mail_pb2.SendMessageRequest] = field(default_factory=dict)
    calls: int = 0
    drops: int = 0  #: answers to lose

    def SendMessage(  # noqa: N802 - the contract's name
        self, request: mail_pb2.SendMessageRequest, context: grpc.ServicerContext
    ) -> mail_pb2.Mail:
        self.calls += 1
        self.mails[request.request_id] = request
        if self.drops:
            self.drops -= 1
            context.abort(grpc.StatusCode.UNAVAILABLE, "lost")
        return mail_pb2.Mail(name=f"mails/{request.request_id}")


@pytest.fixture
def post(house: House) -> Iterator[Post]:
    """Mail, and an address for anne only."""
    path = house.runtime.settings.principals
    path.write_text(path.read_text().replace('name = "anne"\n', 'name = "anne"\nemail = "anne@example.com"\n'))
    house.parts.people.__dict__.update(_principals=Principals(path))
    post, server = Post(), grpc.server(ThreadPoolExecutor(max_workers=2))  # type: ignore[abstract]  # one call matters
    mail_pb2_grpc.add_MailServiceServicer_to_server(post, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    report = MailReport(mail=GrpcMail(house.runtime.channels.get, address))
    kinds: list[Kind] = [replace(kind, run=report) if kind.name == MAIL_REPORT else kind for kind in house.wiring.kinds]
    house.wiring = replace(house.wiring, kinds=kinds)
    yield post
    server.stop(0).wait()


def run(house: House, *ends: Any, **draft: Any) -> None:  # Any: what the handler says, and the fields of a draft
    """One run after the other of one task."""
    task = house.task(**draft)
    left = list(ends)
    house.others.team.does = lambda entry: left.pop(0)
    for _ in ends:
        house.start(task)
        house.settle()


def test_on_change_tells_the_first_run_and_those_that_went_otherwise_than_the_one_before(house: House) -> None:
    run(house, succeeded(), succeeded(), failed(), failed(), succeeded(), notification=ON_CHANGE)
    assert [message.error for message in house.inbox("anne")] == [False, True, False]
    assert [message.category for message in house.inbox("anne")] == [
        "Rapports de tâches",
        "Erreurs",
        "Rapports de tâches",
    ]


def test_a_report_goes_by_mail_to_those_whose_address_is_known(house: House, post: Post) -> None:
    run(house, succeeded("ventes corrigées"), title="Nuit", notification=BY_MAIL)
    house.work()
    (mail,) = post.mails.values()
    assert (list(mail.recipients), mail.subject, mail.body) == (["anne@example.com"], "Nuit", "ventes corrigées")
    assert (mail.site, mail.mode) == ("default", type_pb2.OPERATING_MODE_NORMAL)
    assert len(house.inbox("anne")) == len(house.inbox("brian")) == 1


def test_a_mail_whose_answer_was_lost_is_handed_over_again_as_the_same(house: House, post: Post) -> None:
    post.drops = 1
    run(house, succeeded(), notification=BY_MAIL)
    house.work()
    house.rest()
    house.work()
    assert post.calls == 2
    assert len(post.mails) == 1


def test_without_being_asked_for_nothing_goes_by_mail(house: House, post: Post) -> None:
    run(house, succeeded(), failed())
    house.work()
    assert post.calls == 0
