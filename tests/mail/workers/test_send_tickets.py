import threading
from dataclasses import replace
from datetime import date

import pytest
from pydantic import ValidationError

from chassis.operations import OperatingMode, OperationState
from services.mail.application import send_tickets
from services.mail.application.send_ticket import SendTicket
from services.mail.workers.kinds import TASK_TYPES
from services.mail.workers.options import SendTicketsOptions
from tests.mail.conftest import OpenMailWork, set_mode, ticket
from tests.mail.mail_server import MailServer
from tests.mail.office import TEXTS, Office


def name(number: int, store: str = "12") -> str:
    return f"tickets/{store}-1-{number}"


def sold(
    office: Office, number: int, client: str = "C1", store: str = "12", state: str = "VALIDATED", day: int = 31
) -> None:
    one = replace(ticket(), name=name(number, store), number=number, client=client, store=store)
    office.peers.peers.add(replace(one, business_date=date(2017, 1, day)), state)


@pytest.fixture
def chain(office: Office) -> Office:
    """A day of two stores: clients who agreed, who did not, without address, and walk-in clients."""
    peers = office.peers.peers
    peers.add_client("C1", billing="anne@client.example", contact="other@client.example")
    peers.add_client("C2", contact="bob@client.example")
    peers.add_client("NO", wants=False, billing="non@client.example")
    peers.add_client("NEVER", wants=None, billing="non@client.example")
    peers.add_client("BAD", billing="néant", contact="pas d'adresse")
    for number, client in enumerate(["C1", "C2", "NO", "NEVER", "BAD", "", "GONE", "C1"], start=1):
        sold(office, number, client)
    sold(office, 1, "C2", store="13")
    sold(office, 20, state="IN_ERROR")
    sold(office, 21, day=30)
    return office


def test_the_days_tickets_go_to_those_who_agreed(chain: Office, mail_server: MailServer) -> None:
    done = chain.run_task()
    assert done.state is OperationState.SUCCEEDED
    assert done.outcome is not None
    assert done.outcome.report.splitlines() == [
        "Envoi des tickets du 31/01/2017 par mail",
        "Tickets envoyés par mail : 4",
        "Tickets de clients qui ne souhaitent pas les recevoir par e-mail : 3",
        "Tickets de clients sans adresse e-mail valable : 1",
        "Tickets du client DIVERS : 1",
    ]
    assert done.outcome.result == {"mailed": 4, "mailed_before": 0, "walk_in": 1, "no_consent": 3, "no_address": 1}
    chain.send()
    assert chain.mails() == [(name(number), "sent") for number in (1, 2, 8)] + [(name(1, "13"), "sent")]
    to = sorted(delivered.recipients[0] for delivered in mail_server.taken)
    assert to == ["anne@client.example"] * 2 + ["bob@client.example"] * 2
    message = mail_server.taken[0].message
    assert message["Subject"].startswith("Votre ticket de caisse n° ")
    (attached,) = message.iter_attachments()
    assert str(attached.get_filename()).endswith("-BRICO.pdf")
    assert attached.get_content().startswith(b"%PDF")


def test_however_often_it_is_repeated_each_ticket_is_mailed_once(chain: Office, mail_server: MailServer) -> None:
    chain.run_task()
    again = chain.run_task(locale="en")
    assert again.outcome is not None
    assert again.outcome.result["mailed"] == 0
    assert "Tickets mailed before: 4" in again.outcome.report
    chain.send()
    assert len(mail_server.taken) == 4


def test_at_most_so_many_are_mailed_and_the_next_run_mails_the_next(chain: Office, mail_server: MailServer) -> None:
    first = chain.run_task(limit=3)
    assert first.outcome is not None
    assert "Le nombre maximal de 3 tickets est atteint" in first.outcome.report
    assert len(chain.mails()) == 3
    chain.run_task(limit=3)
    assert len(chain.mails()) == 4
    chain.send()
    assert len({delivered.message["Message-ID"] for delivered in mail_server.taken}) == 4


def test_days_and_stores_are_chosen(chain: Office) -> None:
    chain.run_task(date="2017-01-30")
    assert chain.mails() == [(name(21), "queued")]
    chain.run_task(first_date="2017-01-30", last_date="2017-01-31", stores=["13", "99"])
    assert chain.mails() == [(name(21), "queued"), (name(1, "13"), "queued")]
    done = chain.run_task(first_date="2017-01-30", last_date="2017-01-31", stores=["13", "12"])
    assert len(chain.mails()) == 5
    assert done.outcome is not None
    assert done.outcome.report.startswith("Envoi des tickets du 30/01/2017 au 31/01/2017 par mail")


def test_a_run_by_hand_on_an_isolated_site_mails(chain: Office, mail_server: MailServer) -> None:
    set_mode(chain.open_work, OperatingMode.ISOLATED, 1, site="default")
    chain.run_task(mode=OperatingMode.ISOLATED)
    chain.send()
    assert {state for _, state in chain.mails()} == {"sent"}
    assert len(mail_server.taken) == len(chain.mails())


def test_a_run_of_training_mails_nothing_says_so_and_leaves_every_ticket_to_a_real_one(
    chain: Office, mail_server: MailServer
) -> None:
    done = chain.run_task(mode=OperatingMode.TRAINING)
    assert done.outcome is not None
    assert "Mode école : tickets préparés, rien n'a été envoyé : 4" in done.outcome.report
    chain.send()
    assert {state for _, state in chain.mails()} == {"abandoned"}
    assert mail_server.taken == []
    chain.run_task()
    chain.send()
    assert len(mail_server.taken) == 4


def test_a_try_that_broke_goes_on_where_it_stopped(
    chain: Office, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sales goes away in the third page; what was stored before stays, is counted, and is not stored again."""
    monkeypatch.setattr(send_tickets, "PAGE", 2)
    asked: list[str] = []

    def break_once(asked_for: str) -> None:
        asked.append(asked_for)
        if len(asked) == 3:
            chain.peers.peers.gone = True

    chain.peers.peers.before_get = break_once
    broken = chain.run_task()
    assert broken.state is OperationState.QUEUED
    mailed = len(chain.mails())
    assert 0 < mailed < 4
    chain.peers.peers.gone = False
    chain.pass_time()
    chain.worker().drain("default")
    done = chain.operation(broken.id)
    assert done.outcome is not None
    assert done.outcome.result == {"mailed": 4, "mailed_before": 0, "walk_in": 1, "no_consent": 3, "no_address": 1}
    chain.send()
    assert len(mail_server.taken) == 4


def test_two_runs_at_once_mail_each_ticket_once(chain: Office, mail_server: MailServer) -> None:
    for number in range(30, 60):
        sold(chain, number)
    threads = [threading.Thread(target=chain.run_task) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(chain.mails()) == 34
    chain.send()
    assert len(mail_server.taken) == 34


def test_a_ticket_mailed_on_demand_meanwhile_is_left_out(chain: Office, open_work: OpenMailWork) -> None:
    """Somebody mails a ticket between the page's decision and its transaction: the unique key has the last word."""
    sender = chain.ticket_sender()
    done: list[str] = []

    def mail_it(asked_for: str) -> None:
        if asked_for == name(2) and not done:
            done.append(asked_for)
            with open_work() as work:
                sender(work, SendTicket(ticket=name(2), store="12", recipients=("x@y.example",), locale="fr"))

    chain.peers.peers.before_get = mail_it
    outcome = chain.run_task().outcome
    assert outcome is not None
    assert (outcome.result["mailed"], outcome.result["mailed_before"]) == (3, 1)
    assert [ticket for ticket, _ in chain.mails()].count(name(2)) == 1


def test_a_day_without_tickets_reports_so(chain: Office) -> None:
    outcome = chain.run_task(date="2016-12-25").outcome
    assert outcome is not None
    assert outcome.report.splitlines() == [
        "Envoi des tickets du 25/12/2016 par mail",
        "Tickets envoyés par mail : 0",
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"limit": 0},
        {"limit": 100_001},
        {"unknown": 1},
        {"date": "2017-01-31", "first_date": "2017-01-30"},
        {"last_date": "2017-01-31"},
        {"first_date": "2017-01-31", "last_date": "2017-01-30"},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SendTicketsOptions.model_validate(options)


def test_the_task_type_has_its_texts_in_both_languages() -> None:
    (offered,) = TASK_TYPES
    for locale in ("fr", "en"):
        assert TEXTS.get(offered.title, locale)
        assert TEXTS.get(offered.description, locale)
