"""What people do with runs on the command line."""

import json
from collections.abc import Callable, Iterator, Sequence
from io import StringIO

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.progress import Progress

from backroom.scheduler.v1 import scheduler_pb2 as api
from backroom.scheduler.v1.scheduler_pb2 import Run
from backroom.scheduler.v1.scheduler_pb2 import WatchRunResponse as Response
from chassis.errors import WrongState
from console.commands.watch import Bar
from tests.console.commands.conftest import Shop

RUN = Run(name="runs/3", task="tasks/7", task_title="Export", state=Run.STATE_WAITING)
ENDED = Run(
    name="runs/3",
    task="tasks/7",
    task_title="Export",
    state=Run.STATE_SUCCEEDED,
    report="124 lignes",
    start_time=Timestamp(seconds=1_700_000_000),
    end_time=Timestamp(seconds=1_700_000_002),
)
LINE = Response.LogLine(
    create_time=Timestamp(seconds=1_700_000_000), service="sales", source="ventes", text="magasin 1"
)


def moving(done: int) -> Run:
    run = Run()
    run.CopyFrom(RUN)
    run.progress.done, run.progress.total, run.progress.text = done, 10, "magasin"
    return run


def streams(*each: Sequence[Response]) -> Callable[[Message], Iterator[Response]]:
    """What one call after the other brings."""
    left = list(each)
    return lambda _: iter(left.pop(0))


def asked(shop: Shop, field: str) -> list[object]:
    """A field of each request."""
    return [getattr(request, field) for request in shop.asked]


def test_a_run_is_cancelled_and_who_waits_for_its_handler_is_told_so(shop: Shop) -> None:
    shop.answers["CancelRun"] = lambda _: RUN
    assert shop("runs", "cancel", "3").stdout == "runs/3 WAITING, its handler is asked to end it\n"
    shop.answers["CancelRun"] = lambda _: Run(name="runs/3", state=Run.STATE_CANCELLED)
    assert shop("runs", "cancel", "runs/3").stdout == "runs/3 CANCELLED\n"
    assert asked(shop, "name") == ["runs/3", "runs/3"]
    assert all(asked(shop, "request_id"))


def test_a_run_is_tried_again(shop: Shop) -> None:
    shop.answers["RetryRun"] = lambda _: Run(name="runs/3", task="tasks/7", state=Run.STATE_PENDING)
    assert shop("runs", "retry", "3").stdout == "runs/3 of tasks/7 PENDING\n"
    assert json.loads(shop("runs", "retry", "3", "--json").stdout)["state"] == "STATE_PENDING"
    assert all(asked(shop, "request_id"))


def test_what_is_refused_says_why(shop: Shop) -> None:
    def refuse(_: Message) -> Run:
        raise WrongState("runs/3", "DELIVERED", "FAILED")

    shop.answers["RetryRun"] = refuse
    refused = shop("runs", "retry", "3")
    assert (refused.exit_code, "runs/3 is DELIVERED" in refused.stderr) == (1, True)


def test_a_run_that_is_held_or_skipped_says_why_and_for_what(shop: Shop) -> None:
    skipped = Run(
        name="runs/3",
        state=Run.STATE_SKIPPED,
        reason=Run.REASON_PAUSED,
        occurrence_count=3,
        nominal_time=Timestamp(seconds=1_700_000_000),
        first_nominal_time=Timestamp(seconds=1_699_000_000),
        cancelled_by="anne",
    )
    shop.answers["GetRun"] = lambda _: skipped
    shown = shop("runs", "show", "3").stdout
    for words in ("PAUSED", "3 instants", "anne"):
        assert words in shown


def test_a_run_is_watched_over_several_streams_until_it_has_ended(shop: Shop) -> None:
    shop.answers["WatchRun"] = streams(
        [Response(run=moving(3), resume_token="one")],
        [Response(log_lines=[LINE], resume_token="two"), Response(run=ENDED, resume_token="three")],
    )
    watched = shop("runs", "watch", "3")
    assert watched.exit_code == 0
    for words in ("WAITING 3 of 10 magasin", "sales ventes: magasin 1", "SUCCEEDED 2.0 s", "124 lignes"):
        assert words in watched.stdout
    assert asked(shop, "resume_token") == ["", "one"]


def test_a_run_that_did_not_go_well_ends_the_watch_with_status_1(shop: Shop) -> None:
    failed = Run(name="runs/3", state=Run.STATE_FAILED, end_time=Timestamp(seconds=1_700_000_000))
    failed.error.message = "aucune vente"
    shop.answers["WatchRun"] = streams([Response(run=failed)])
    watched = shop("runs", "watch", "3")
    assert (watched.exit_code, "aucune vente" in watched.stdout) == (1, True)


def test_programs_get_one_document_a_line(shop: Shop) -> None:
    shop.answers["WatchRun"] = streams([Response(run=RUN), Response(run=ENDED)])
    lines = shop("runs", "watch", "3", "--json").stdout.splitlines()
    assert [json.loads(line)["run"]["state"] for line in lines] == ["STATE_WAITING", "STATE_SUCCEEDED"]


def test_a_terminal_shows_a_bar() -> None:
    out = StringIO()
    with Progress(console=Console(file=out, force_terminal=True, highlight=False)) as progress:
        Bar(progress)(Response(run=moving(3), log_lines=[LINE]))
        (task,) = progress.tasks
        assert (task.completed, task.total) == (3, 10)
    assert "magasin 1" in out.getvalue()


def test_instants_are_made_up_for_or_only_shown(shop: Shop) -> None:
    instants = [Timestamp(seconds=1_700_000_000), Timestamp(seconds=1_700_003_600)]
    shop.answers["BackfillTask"] = lambda _: api.BackfillTaskResponse(nominal_times=instants, runs=["runs/8", "runs/9"])
    words = ("tasks", "backfill", "7", "--from", "2023-11-14T00:00Z", "--to", "2023-11-15T00:00Z")
    assert "runs/9" in shop(*words).stdout
    shop.answers["BackfillTask"] = lambda _: api.BackfillTaskResponse(nominal_times=instants)
    assert shop(*words, "--dry-run").exit_code == 0
    assert asked(shop, "name") == ["tasks/7", "tasks/7"]
    assert asked(shop, "validate_only") == [False, True]
    assert asked(shop, "start_time") == [Timestamp(seconds=1_699_920_000)] * 2
