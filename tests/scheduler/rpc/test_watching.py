"""WatchRun on a real server: the run as it is, each change, the lines of journals, and where to go on."""

import base64
import itertools
import queue
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import grpc
import pytest

from backroom.journal.v1 import journal_pb2, journal_pb2_grpc
from backroom.scheduler.v1 import scheduler_pb2
from services.scheduler.application.watch_run import Watch
from services.scheduler.domain.watching import Bookmark
from services.scheduler.gateways.addresses import AddressBook
from services.scheduler.gateways.journals import GrpcJournals
from services.scheduler.rpc.watchers import Watchers
from tests.scheduler.conftest import House
from tests.scheduler.rpc.conftest import Served, task, wrong_fields
from tests.scheduler.team import State, succeeded

Response = scheduler_pb2.WatchRunResponse


def start(served: Served) -> scheduler_pb2.Run:
    made = served.create(task("Nuit"))
    return served.tasks().RunTask(scheduler_pb2.RunTaskRequest(name=made.name))


def watch(served: Served, run: str, token: str = "", who: str = "brian") -> Iterator[Response]:
    return served.tasks(who).WatchRun(scheduler_pb2.WatchRunRequest(name=run, resume_token=token), timeout=20)


class Watcher:
    """Reads a stream beside the test."""

    def __init__(self, stream: Iterator[Response]) -> None:
        self._came: queue.Queue[Response | None] = queue.Queue()
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: Iterator[Response]) -> None:
        for response in stream:
            self._came.put(response)
        self._came.put(None)

    def next(self) -> Response:
        response = self._came.get(timeout=10)
        assert response is not None, "the stream has ended"
        return response

    def until(self, state: int) -> Response:
        while True:
            response = self.next()
            if response.HasField("run") and response.run.state == state:
                return response

    def rest(self) -> list[Response]:
        left = []
        while (response := self._came.get(timeout=10)) is not None:
            left.append(response)
        return left


def lines(responses: list[Response]) -> list[str]:
    return [line.text for response in responses for line in response.log_lines]


def test_it_begins_with_the_run_as_it_is_tells_each_change_and_ends_with_the_run(served: Served) -> None:
    served.house.others.team.does = lambda entry: None
    run = start(served)
    watcher = Watcher(watch(served, run.name))
    first = watcher.next()
    assert first.run.state == scheduler_pb2.Run.STATE_PENDING
    assert lines([first]) == ["Demande d'exécution de la tâche automatisée Nuit"]
    served.house.work()
    waiting = watcher.until(scheduler_pb2.Run.STATE_WAITING)
    assert len(waiting.run.attempts) == 1
    state = State(state=State.STATE_RUNNING)
    state.progress.done, state.progress.total, state.progress.text = 3, 10, "magasin 3"
    served.house.others.team.finish(served.house.others.team.asked[0], state)
    served.house.poll()
    assert watcher.next().run.progress.text == "magasin 3"
    served.house.others.team.finish(served.house.others.team.asked[0], succeeded("fait"))
    served.house.settle()
    last = watcher.until(scheduler_pb2.Run.STATE_SUCCEEDED)
    assert last.run.report == "fait"
    assert lines([last, *watcher.rest()])[-1] == "Sortie : fait"


def test_a_run_that_has_ended_is_told_at_once_with_all_its_lines(served: Served) -> None:
    run = start(served)
    served.house.settle()
    whole = list(watch(served, run.name))
    assert whole[0].run.state == scheduler_pb2.Run.STATE_SUCCEEDED
    assert lines(whole) == [
        "Demande d'exécution de la tâche automatisée Nuit",
        "Exécution de la tâche CRON «Nuit» (team.report)",
        "Sortie : fait",
    ]
    assert {line.service for response in whole for line in response.log_lines} == {"scheduler"}


def test_who_calls_again_with_the_token_goes_on_after_it_and_is_told_nothing_twice(served: Served) -> None:
    run = start(served)
    watcher = watch(served, run.name)
    token = next(watcher).resume_token
    served.house.settle()
    rest = list(watch(served, run.name, token))
    assert "Demande d'exécution de la tâche automatisée Nuit" not in lines(rest)
    assert lines(rest)[-1] == "Sortie : fait"
    assert rest[0].run.state == scheduler_pb2.Run.STATE_SUCCEEDED
    assert list(watch(served, run.name, rest[-1].resume_token)) == []


@pytest.mark.parametrize("token", ["nonsense", "bm8=", "eyJydW4iOiAxfQ==", "W10="])
def test_a_token_of_something_else_is_refused(served: Served, token: str) -> None:
    run = start(served)
    with pytest.raises(grpc.RpcError) as refused:
        list(watch(served, run.name, token))
    assert wrong_fields(refused.value) == ["resume_token"]


@pytest.mark.parametrize("number", ["9223372036854775808", "-1", "Infinity", "1e400", '"x"', "[" * 10_000])
def test_a_token_that_somebody_made_up_is_refused(served: Served, number: str) -> None:
    run = start(served)
    seen = f'{{"run": {run.name.removeprefix("runs/")}, "mark": "", "lines": {{"scheduler {run.name}": {number}}}}}'
    with pytest.raises(grpc.RpcError) as refused:
        list(watch(served, run.name, base64.urlsafe_b64encode(seen.encode()).decode()))
    assert wrong_fields(refused.value) == ["resume_token"]


def test_the_token_of_another_run_is_refused(served: Served) -> None:
    one, two = start(served), start(served)
    token = next(watch(served, one.name)).resume_token
    with pytest.raises(grpc.RpcError) as refused:
        list(watch(served, two.name, token))
    assert wrong_fields(refused.value) == ["resume_token"]


def test_a_run_that_never_was_is_not_found(served: Served) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        list(watch(served, "runs/99"))
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND


def again(served: Served, run: str) -> Iterator[Response]:
    """A watch, once one of those before has left its place."""
    for _ in range(50):
        stream = watch(served, run)
        try:
            first = next(stream)
        except grpc.RpcError as refused:
            assert refused.code() is grpc.StatusCode.RESOURCE_EXHAUSTED  # noqa: PT017 - until it is not
            time.sleep(0.1)
        else:
            return itertools.chain([first], stream)
    raise AssertionError("those who went keep their places")


def test_no_more_watch_than_the_server_has_threads_for(served: Served) -> None:
    run = start(served)
    streams = [watch(served, run.name) for _ in range(16)]
    for stream in streams:
        next(stream)
    with pytest.raises(grpc.RpcError) as refused:
        next(watch(served, run.name))
    assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    for stream in streams:
        stream.cancel()  # type: ignore[attr-defined]  # a call is an iterator that can be cancelled
    assert next(again(served, run.name)).run.name == run.name
    assert served.tasks().GetRun(scheduler_pb2.GetRunRequest(name=run.name)).name == run.name


def test_a_stream_ends_before_the_caller_s_own_deadline_so_that_nothing_breaks(served: Served) -> None:
    run = start(served)
    stub = served.tasks()
    responses = list(stub.WatchRun(scheduler_pb2.WatchRunRequest(name=run.name), timeout=3))
    assert responses[-1].resume_token


class Journal(journal_pb2_grpc.JournalServiceServicer):
    """A journal of two threads of work, which answers when it is there."""

    def __init__(self) -> None:
        self.entries: list[journal_pb2.Entry] = []
        self.asked = 0
        self.away = False

    def write(self, correlation: str, text: str) -> None:
        entry = journal_pb2.Entry(number=len(self.entries) + 1, correlation=correlation, source="ventes", text=text)
        entry.create_time.FromDatetime(datetime.now(UTC))
        self.entries.append(entry)

    def ListEntries(
        self, request: journal_pb2.ListEntriesRequest, context: grpc.ServicerContext
    ) -> journal_pb2.ListEntriesResponse:
        self.asked += 1
        if self.away:
            context.abort(grpc.StatusCode.UNAVAILABLE, "no")
        found = [
            entry
            for entry in self.entries
            if f'correlation = "{entry.correlation}"' in request.filter
            and entry.number > int(request.filter.rpartition(">")[2])
        ]
        return journal_pb2.ListEntriesResponse(entries=found[: request.page_size])


@pytest.fixture
def journal(house: House) -> Iterator[tuple[Journal, Watchers]]:
    """The journal of the handler, and watches that read it."""
    kept = Journal()  # type: ignore[abstract]  # the scheduler only lists
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    journal_pb2_grpc.add_JournalServiceServicer_to_server(kept, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    addresses = AddressBook({"team": f"127.0.0.1:{port}"}, house.others.carrier_address, house.parts.open_work)
    yield kept, Watchers(house.parts.open_work, GrpcJournals(house.runtime.channels.get, addresses), 4)
    server.stop(0).wait()


def texts(watch: Watch, *, ask_handlers: bool = True) -> list[str]:
    return [line.text for line in watch.look(ask_handlers=ask_handlers).lines]


def test_what_the_handler_writes_of_the_run_and_of_its_attempts_is_told_once(
    house: House, journal: tuple[Journal, Watchers]
) -> None:
    kept, watch_run = journal
    house.others.team.does = lambda entry: None
    number = house.start(house.task())
    house.work()
    (attempt,) = house.others.team.asked
    kept.write(f"operations/{attempt}", "magasin 1")
    kept.write(f"runs/{number}", "magasin 2")
    kept.write("runs/1234", "une autre")
    with watch_run(Bookmark(run=number)) as watch:
        assert texts(watch)[-2:] == ["magasin 1", "magasin 2"]
        asked = kept.asked
        assert texts(watch, ask_handlers=False) == []
        assert kept.asked == asked
        house.others.team.finish(attempt, succeeded())
        house.settle()
        kept.write(f"operations/{attempt}", "fini")
        last = watch.look(ask_handlers=False)
    assert {line.text for line in last.lines} == {"Sortie : fait", "fini"}
    assert last.over


def test_more_lines_than_one_look_takes_are_all_told_before_the_end(
    house: House, journal: tuple[Journal, Watchers]
) -> None:
    kept, watch_run = journal
    number = house.start(house.task())
    house.settle()
    for place in range(1200):
        kept.write(f"operations/{house.others.team.asked[0]}", f"ligne {place}")
    told: list[str] = []
    with watch_run(Bookmark(run=number)) as watch:
        while True:
            glimpse = watch.look(ask_handlers=False)
            told += [line.text for line in glimpse.lines if line.track.service == "team"]
            if glimpse.over:
                break
    assert told == [f"ligne {place}" for place in range(1200)]


def test_a_handler_that_is_away_is_left_out_and_not_asked_again_at_once(
    house: House, journal: tuple[Journal, Watchers]
) -> None:
    kept, watch_run = journal
    kept.away = True
    house.others.team.does = lambda entry: None
    number = house.start(house.task())
    house.work()
    with watch_run(Bookmark(run=number)) as watch:
        assert len(texts(watch)) == 2
        asked = kept.asked
        assert texts(watch) == []
    assert kept.asked == asked
