"""Runs, inbox, journal, clients: what is only read."""

import json
from collections.abc import Iterator

import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import status_pb2

from backroom.clients.v1 import clients_pb2
from backroom.journal.v1 import journal_pb2
from backroom.scheduler.v1 import scheduler_pb2 as api
from backroom.type.v1 import type_pb2
from console.commands.journal import follow
from console.connection import Connection
from console.stack.ports import SERVICES
from tests.console.commands.conftest import Shop

FAILED = api.Run(
    name="runs/3",
    task="tasks/7",
    task_title="Export des ventes",
    state=api.Run.STATE_FAILED,
    start_time=Timestamp(seconds=100),
    end_time=Timestamp(seconds=101, nanos=500_000_000),
    files=[type_pb2.SpooledFile(file_name="ventes.csv", size_bytes=1234)],
    report="une ligne\ndeux lignes",
    error=status_pb2.Status(code=9, message="(530) Non connecté"),
)


def test_runs_show_how_long_they_took_and_why_they_failed(shop: Shop) -> None:
    shop.answers["ListRuns"] = lambda _: api.ListRunsResponse(runs=[FAILED])
    shown = shop("runs", "list").stdout
    for word in ("runs/3", "Export des ventes", "FAILED", "1.5 s", "(530) Non connecté"):
        assert word in shown


def test_a_run_shows_its_report_and_files(shop: Shop) -> None:
    shop.answers["GetRun"] = lambda _: FAILED
    shown = shop("runs", "show", "3").stdout
    for word in ("une ligne", "deux lignes", "ventes.csv (1,234 bytes)"):
        assert word in shown
    assert json.loads(shop("runs", "show", "3", "--json").stdout)["files"][0]["size_bytes"] == "1234"


def test_the_inbox_says_what_is_new_and_what_went_wrong(shop: Shop) -> None:
    messages = [
        api.Message(name="messages/2", subject="Export : échec", error=True),
        api.Message(name="messages/1", subject="Correction", read=True),
    ]
    shop.answers["ListMessages"] = lambda _: api.ListMessagesResponse(messages=messages, unread_count=1)
    shown = shop("inbox", "list").stdout.splitlines()
    assert "new error" in shown[1]
    assert "new" not in shown[2]
    assert shown[3] == "1 not read yet"


def test_a_message_is_shown_as_it_was_written(shop: Shop) -> None:
    body = "Voici la liste :\n27/03/2015 magasin 1 [Mag1] caisse 1 (Journée à jour)"
    shop.answers["GetMessage"] = lambda _: api.Message(name="messages/1", body=body)
    assert shop("inbox", "show", "1").stdout.endswith(f"\n\n{body}\n")


def test_what_a_message_says_is_never_obeyed_by_the_terminal(shop: Shop) -> None:
    body = "Fermeture\u00a0: 18\u202fh \x1b]0;title\x07\x1b[2J"
    shop.answers["GetMessage"] = lambda _: api.Message(name="messages/1", body=body)
    shown = shop("inbox", "show", "1").stdout
    assert shown.endswith("\n\nFermeture\u00a0: 18\u202fh \\x1b]0;title\\x07\\x1b[2J\n")


def test_messages_are_marked_as_read(shop: Shop) -> None:
    shop.answers["MarkMessagesRead"] = lambda _: api.MarkMessagesReadResponse(marked_count=2)
    assert shop("inbox", "read", "1", "messages/2").stdout == "2 marked as read\n"
    (request,) = shop.asked
    assert isinstance(request, api.MarkMessagesReadRequest)
    assert list(request.names) == ["messages/1", "messages/2"]


def entry(number: int) -> journal_pb2.Entry:
    return journal_pb2.Entry(
        number=number, text=f"texte {number}", source="planner", level=journal_pb2.Entry.LEVEL_WARNING
    )


def test_a_journal_is_listed(shop: Shop) -> None:
    shop.answers["ListEntries"] = lambda _: journal_pb2.ListEntriesResponse(entries=[entry(2), entry(1)])
    shown = shop("journal", "list", "--service", "sales").stdout
    assert "texte 2" in shown
    assert "WARNING" in shown


def test_a_journal_of_nobody_is_refused(shop: Shop) -> None:
    result = shop("journal", "list", "--service", "shop")
    assert result.exit_code == 1
    assert "'shop' is none of scheduler, delivery, sales, clients, mail" in result.stderr


def test_a_tail_goes_on_where_the_stream_before_it_ended(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    def stream(request: Message) -> Iterator[journal_pb2.Entry]:
        assert isinstance(request, journal_pb2.TailEntriesRequest)
        yield entry(request.after_number + 1)

    shop.answers["TailEntries"] = stream
    with Connection(dict.fromkeys(SERVICES, shop.address), shop.folder / "token") as connection:
        after = follow(connection, "scheduler", "", 0, json=False)
        after = follow(connection, "scheduler", "", after, json=True)
    assert after == 2
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("warning planner: texte 1")
    assert json.loads(second)["number"] == "2"


def test_a_tail_that_is_refused_ends(shop: Shop) -> None:
    def refuse(_: Message) -> Iterator[journal_pb2.Entry]:
        yield entry(1)
        raise LookupError

    shop.answers["TailEntries"] = refuse
    result = shop("journal", "tail")
    assert result.exit_code == 1
    assert "texte 1" in result.stdout


def test_clients_are_listed_with_what_they_agreed_to(shop: Shop) -> None:
    client = clients_pb2.Client(
        code="12",
        title="Mme",
        family_name="Martin",
        members=[clients_pb2.Member(given_name="Ana", email="ana@example.test")],
        card=clients_pb2.LoyaltyCard(point_count=120),
        consents=[
            clients_pb2.Consent(option="tickets_by_email", granted=True),
            clients_pb2.Consent(option="sms", granted=False),
        ],
    )
    shop.answers["ListClients"] = lambda _: clients_pb2.ListClientsResponse(clients=[client], total_size=2469)
    shown = shop("clients", "list", "--filter", "consents:tickets_by_email").stdout
    for word in ("Mme Ana Martin", "ana@example.test", "120", "tickets_by_email", "2,469 match"):
        assert word in shown
    assert "sms" not in shown
