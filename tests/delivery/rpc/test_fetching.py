import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from queue import SimpleQueue
from uuid import uuid4

import grpc
import pytest
import structlog

from backroom.delivery.v1 import delivery_pb2 as pb
from backroom.task.v1 import task_pb2
from backroom.type.v1 import type_pb2
from services.delivery.rpc.calls import DeliveryCalls
from services.delivery.wiring import FETCHING_AT_ONCE
from tests.delivery.rpc.asking import create, folder, make_inbox, refusal
from tests.delivery.rpc.conftest import Served
from tests.waiting import until

METRIC = "backroom_delivery_fetched_files_total"


class Fetch:
    """One fetch, driven by hand."""

    def __init__(self, served: Served, role: str = "operator", timeout: float = 20, **begin: str | int) -> None:
        self._words: SimpleQueue[pb.FetchFilesRequest | None] = SimpleQueue()
        self.call = served.delivery(role).FetchFiles(iter(self._words.get, None), timeout=timeout)
        if begin:
            self.say(begin=pb.FetchBegin(**begin))  # type: ignore[arg-type]  # a test's shorthand

    def say(self, **part: pb.FetchBegin | pb.FetchSettled) -> None:
        self._words.put(pb.FetchFilesRequest(**part))  # type: ignore[arg-type]  # as above

    def settle(self, file: str, committed: bool = True) -> None:
        self.say(settled=pb.FetchSettled(file=file, committed=committed))

    def end(self) -> None:
        self._words.put(None)

    def file(self) -> tuple[pb.FetchedFile, bytes]:
        """The next file, whole."""
        header, content = next(self.call).header, b""
        for answer in self.call:
            if answer.WhichOneof("part") == "end":
                assert answer.end.size_bytes == header.size_bytes == len(content)
                assert answer.end.sha256 == header.sha256 == sha256(content).hexdigest()
                return header, content
            assert 1 <= len(answer.chunk) <= 1 << 20
            content += answer.chunk
        raise AssertionError("the stream ended in the middle of a file")

    def done(self) -> pb.FetchDone:
        return next(self.call).done

    def rest(self) -> list[pb.FetchFilesResponse]:
        return list(self.call)

    def refused(self) -> tuple[str, str, list[str]]:
        with pytest.raises(grpc.RpcError) as caught:
            self.rest()
        return refusal(caught.value)


@pytest.fixture
def fetch(served: Served) -> Iterator[Callable[..., Fetch]]:
    begun: list[Fetch] = []

    def begin(**fields: str | int) -> Fetch:
        begun.append(Fetch(served, **{"stable_seconds": 1, "destination": "destinations/shop", **fields}))  # type: ignore[arg-type]  # a test's shorthand
        return begun[-1]

    yield begin
    for each in begun:
        each.end()
        each.call.cancel()


@pytest.fixture
def inbox(served: Served) -> Path:
    return make_inbox(served)


def waiting_threads() -> int:
    return sum(thread.name in ("hearing", "unread") for thread in threading.enumerate())


@pytest.fixture
def bear(served: Served, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Has the service wait so many seconds, at most, for a caller that reads nothing."""
    calls = served.wiring.servicers[0].servicer
    assert isinstance(calls, DeliveryCalls)
    use = calls._use
    return lambda seconds: monkeypatch.setattr(calls, "_use", replace(use, silence=timedelta(seconds=seconds)))


def counted(served: Served, result: str) -> float:
    return served.runtime.registry.get_sample_value(METRIC, {"protocol": "server-path", "result": result}) or 0


def test_files_come_whole_and_go_where_they_should(served: Served, inbox: Path, fetch: Callable[..., Fetch]) -> None:
    (inbox / "big.csv").write_bytes(b"x" * 2_500_000)
    (inbox / "empty.csv").write_bytes(b"")
    (inbox / "note.txt").write_bytes(b"no")
    running = fetch(pattern="*.csv", archive_folder="done/2017")
    for _ in range(2):
        header, content = running.file()
        assert (header.file_name, len(content)) in {("big.csv", 2_500_000), ("empty.csv", 0)}
        assert header.HasField("modify_time")
        running.settle(header.file)
        assert running.done() == pb.FetchDone(file=header.file, cleared=True)
    assert running.rest() == []
    assert sorted(path.name for path in (inbox / "done" / "2017").iterdir()) == ["big.csv", "empty.csv"]
    assert [path.name for path in inbox.iterdir() if path.is_file()] == ["note.txt"]
    assert counted(served, "committed") == 2


def test_services_and_operators_may_and_viewers_may_not(
    served: Served, inbox: Path, fetch: Callable[..., Fetch]
) -> None:
    assert fetch(role="service").rest() == []
    assert fetch(role="operator").rest() == []
    assert fetch(role="viewer").refused()[0] == "PERMISSION_DENIED"


def test_for_a_site_in_training_only_its_sandbox_is_fetched_from(
    served: Served, inbox: Path, fetch: Callable[..., Fetch]
) -> None:
    (inbox / "a.csv").write_bytes(b"real")
    sandbox = served.var / "sandbox" / "shop"
    sandbox.mkdir()
    (sandbox / "a.csv").write_bytes(b"practice")
    mode = task_pb2.SiteMode(site="lille", mode=type_pb2.OPERATING_MODE_TRAINING, version=1)
    served.tasks().SetOperatingModes(task_pb2.SetOperatingModesRequest(modes=[mode]))
    assert fetch(site="lille").refused()[0] == "UNAVAILABLE"
    running = fetch(site="lille", mode=type_pb2.OPERATING_MODE_TRAINING)
    header, content = running.file()
    running.settle(header.file)
    assert (content, running.done().cleared, running.rest()) == (b"practice", True, [])
    assert ((inbox / "a.csv").read_bytes(), (sandbox / "archive" / "a.csv").exists()) == (b"real", True)


def test_what_is_not_committed_stays(inbox: Path, fetch: Callable[..., Fetch]) -> None:
    (inbox / "a.csv").write_bytes(b"1")
    running = fetch()
    header, _ = running.file()
    running.settle(header.file, committed=False)
    done = running.done()
    assert not done.cleared
    assert done.message
    assert running.rest() == []
    assert fetch().file()[0] == header


def test_a_broken_stream_frees_everything_and_the_next_brings_the_same_file(
    served: Served, inbox: Path, fetch: Callable[..., Fetch]
) -> None:
    (inbox / "a.csv").write_bytes(b"x" * 5_000_000)
    running = fetch()
    header = next(running.call).header
    with structlog.testing.capture_logs() as lines:
        running.call.cancel()
        again = fetch()
        assert again.file()[0] == header
    assert [line for line in lines if line["log_level"] in ("warning", "error")] == []
    again.settle(header.file)
    assert again.done().cleared
    until(lambda: waiting_threads() == 0)
    assert list((served.var / "TMP").iterdir()) == []


def test_a_draining_service_ends_a_fetch_that_waits_and_keeps_the_file(
    served: Served, inbox: Path, fetch: Callable[..., Fetch]
) -> None:
    (inbox / "a.csv").write_bytes(b"1")
    running = fetch()
    running.file()
    begun = time.monotonic()
    served.server.drain_and_stop()
    assert time.monotonic() - begun < 10
    assert running.refused()[0] == "UNAVAILABLE"
    assert (inbox / "a.csv").exists()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"destination": "shop"}, "begin.destination"),
        ({"pattern": "in/*.csv"}, "begin.pattern"),
        ({"pattern": "a" * 300}, "begin.pattern"),
        ({"stable_seconds": -1}, "begin.stable_seconds"),
        ({"stable_seconds": 301}, "begin.stable_seconds"),
        ({"after_commit": 77}, "begin.after_commit"),
        ({"archive_folder": "/etc"}, "begin.archive_folder"),
        ({"archive_folder": "a/../../b"}, "begin.archive_folder"),
        ({"archive_folder": "a//b"}, "begin.archive_folder"),
        ({"max_files": 1001}, "begin.max_files"),
        ({"max_files": -1}, "begin.max_files"),
        ({"mode": 77}, "begin.mode"),
    ],
)
def test_each_mistake_is_named_by_its_field(
    fetch: Callable[..., Fetch], fields: dict[str, str | int], named: str
) -> None:
    code, _, problems = fetch(**fields).refused()
    assert (code, problems) == ("INVALID_ARGUMENT", [named])


def test_an_unknown_destination_is_said(fetch: Callable[..., Fetch]) -> None:
    assert fetch(destination="destinations/nowhere").refused()[0] == "NOT_FOUND"


def test_a_missing_folder_is_said_with_its_reason(served: Served, fetch: Callable[..., Fetch]) -> None:
    create(served, folder(served))
    assert fetch().refused()[:2] == ("FAILED_PRECONDITION", "FOLDER_MISSING")


def test_the_first_word_says_what_to_fetch(served: Served) -> None:
    running = Fetch(served)
    running.settle(f"fetched/{uuid4()}")
    assert running.refused()[::2] == ("INVALID_ARGUMENT", ["begin"])
    silent = Fetch(served)
    silent.end()
    assert silent.refused()[::2] == ("INVALID_ARGUMENT", ["begin"])


def test_a_caller_that_says_nothing_at_all_is_not_waited_for_for_ever(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.delivery.rpc.fetching.FIRST_PATIENCE", timedelta(milliseconds=100))
    silent = Fetch(served)
    assert silent.refused()[0] == "UNAVAILABLE"
    silent.end()


# Buffers on the way grow with what passes: only what no buffer holds is left unread.
@pytest.mark.parametrize(("patience", "timeout", "size"), [(0.5, 20, 200_000_000), (600, 4, 20_000_000)])
def test_a_caller_that_stays_and_reads_nothing_is_given_up_and_the_source_let_go(
    inbox: Path, fetch: Callable[..., Fetch], bear: Callable[[float], None], patience: float, timeout: float, size: int
) -> None:
    bear(patience)
    with (inbox / "a.csv").open("wb") as file:
        file.truncate(size)
    running = fetch(timeout=timeout)
    header = next(running.call).header
    until(lambda: waiting_threads() == 0)
    bear(600)
    assert next(fetch().call).header == header
    assert running.refused()[0] == "DEADLINE_EXCEEDED"


def test_a_caller_that_reads_slowly_or_commits_slowly_is_waited_for(
    inbox: Path, fetch: Callable[..., Fetch], bear: Callable[[float], None]
) -> None:
    bear(1.5)
    (inbox / "a.csv").write_bytes(b"x" * 12_000_000)
    running = fetch()
    header, size = next(running.call).header, 0
    while (answer := next(running.call)).WhichOneof("part") == "chunk":
        size += len(answer.chunk)
        time.sleep(0.2)
    time.sleep(2)
    running.settle(header.file)
    assert (size, running.done().cleared) == (12_000_000, True)


def test_only_the_file_just_received_can_be_settled(inbox: Path, fetch: Callable[..., Fetch]) -> None:
    (inbox / "a.csv").write_bytes(b"1")
    for name in (f"fetched/{uuid4()}", "a.csv"):
        running = fetch()
        running.file()
        running.settle(name)
        assert running.refused()[::2] == ("INVALID_ARGUMENT", ["settled.file"])
    running = fetch()
    running.file()
    running.end()
    assert running.refused()[::2] == ("INVALID_ARGUMENT", ["settled"])
    assert (inbox / "a.csv").exists()


def test_a_second_fetch_of_the_destination_is_refused_while_one_runs(inbox: Path, fetch: Callable[..., Fetch]) -> None:
    (inbox / "a.csv").write_bytes(b"1")
    fetch().file()
    assert fetch().refused()[0] == "UNAVAILABLE"


def test_too_many_fetches_at_once_are_refused(served: Served, fetch: Callable[..., Fetch]) -> None:
    for number in range(FETCHING_AT_ONCE + 1):
        create(served, folder(served, f"d{number}"), f"d{number}")
        path = served.var / "outgoing" / f"d{number}"
        path.mkdir(parents=True)
        (path / "a.csv").write_bytes(b"1")
    for number in range(FETCHING_AT_ONCE):
        fetch(destination=f"destinations/d{number}").file()
    assert fetch(destination=f"destinations/d{FETCHING_AT_ONCE}").refused()[0] == "RESOURCE_EXHAUSTED"
