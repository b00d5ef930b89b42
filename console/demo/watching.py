"""Watches the night: posting until every day was tried, runs until each has ended, the outbox until it is empty."""

import time
from collections.abc import Callable, Sequence

import grpc
from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Console
from rich.live import Live
from rich.table import Table

from backroom.mail.v1 import mail_pb2
from backroom.sales.v1 import sales_pb2
from backroom.scheduler.v1 import scheduler_pb2
from chassis.errors import BackroomError
from console.commands.runs import progress, took
from console.connection import Connection
from console.output import enum_name, escape

LOOK = 0.3  #: seconds between two looks
LONGEST_NIGHT = 3600.0  #: seconds; a night that takes longer has gone wrong

Run = scheduler_pb2.Run
SUCCESS = {Run.STATE_SUCCEEDED, Run.STATE_DELIVERED}
ENDED = SUCCESS | {Run.STATE_SPOOLED, Run.STATE_FAILED, Run.STATE_CANCELLED, Run.STATE_NOT_EXECUTED, Run.STATE_SKIPPED}


class NightTooLong(BackroomError):
    """Something never ended."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the night has not ended after {seconds:.0f} s; the logs say what is stuck")


def wait_until_posted(connection: Connection, console: Console) -> None:
    """Returns once every sales day was tried: correction looks at what posting could not do."""

    def is_posted() -> bool:
        request = sales_pb2.ListSalesDaysRequest(page_size=1, filter="state = OPEN")
        return not connection.sales.ListSalesDays(request).sales_days

    if is_posted():
        return
    if not console.is_terminal:
        console.print("posting the sales")
        _until(is_posted)
        return
    with console.status("posting the sales"):
        _until(is_posted)


def watch(connection: Connection, tasks: Sequence[scheduler_pb2.Task], console: Console) -> list[scheduler_pb2.Run]:
    """The runs of these tasks' next instants, once each has ended; in the order of the tasks."""
    if not console.is_terminal:
        return _watch(connection, tasks, _Lines(console))
    with Live(console=console, refresh_per_second=5, transient=True) as live:
        return _watch(connection, tasks, lambda titles, runs: live.update(_table(titles, runs)))


def wait_for_mails(connection: Connection) -> int:
    """Returns once the outbox has nothing to send, with the number of mails that did not go."""

    def count(filter: str) -> int:
        request = mail_pb2.ListMailsRequest(page_size=1000, filter=filter)
        return len(connection.mail.ListMails(request).mails)

    _until(lambda: not count("state = QUEUED") and not count("state = SENDING"))
    return count("state = FAILED") + count("state = UNCERTAIN")


class _Lines:
    """For logs and pipes: a line for each change."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._seen: dict[str, int] = {}

    def __call__(self, titles: Sequence[str], runs: Sequence[scheduler_pb2.Run | None]) -> None:
        for title, run in zip(titles, runs, strict=True):
            if run is not None and self._seen.get(run.name) != run.state:
                self._seen[run.name] = run.state
                self._console.print(f"  {run.name} {escape(title)}: {enum_name(Run.State, run.state)}")


def _watch(
    connection: Connection,
    tasks: Sequence[scheduler_pb2.Task],
    show: Callable[[Sequence[str], Sequence[scheduler_pb2.Run | None]], None],
) -> list[scheduler_pb2.Run]:
    titles = [task.title for task in tasks]
    wanted = {(task.name, task.next_run_time.ToNanoseconds()): index for index, task in enumerate(tasks)}
    runs: list[scheduler_pb2.Run | None] = [None] * len(tasks)
    instants = sorted((task.next_run_time for task in tasks), key=Timestamp.ToNanoseconds)
    tonight = f'nominal_time >= "{instants[0].ToJsonString()}" AND nominal_time <= "{instants[-1].ToJsonString()}"'

    def all_ended() -> bool:
        answer = connection.scheduler.ListRuns(scheduler_pb2.ListRunsRequest(page_size=1000, filter=tonight))
        for run in answer.runs:
            index = wanted.get((run.task, run.nominal_time.ToNanoseconds()))
            if index is not None:
                runs[index] = run
        show(titles, runs)
        return all(run is not None and run.state in ENDED for run in runs)

    _until(all_ended)
    return [connection.scheduler.GetRun(scheduler_pb2.GetRunRequest(name=run.name)) for run in runs if run is not None]


def _table(titles: Sequence[str], runs: Sequence[scheduler_pb2.Run | None]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("run", "task", "state", "took", ""):
        table.add_column(column)
    for title, run in zip(titles, runs, strict=True):
        if run is None:
            table.add_row("", escape(title), "due", "", "")
        else:
            state = enum_name(Run.State, run.state)
            table.add_row(run.name, escape(title), state, took(run), escape(progress(run)))
    return table


def _until(done: Callable[[], bool]) -> None:
    """Looks again and again; a service that does not answer just now is looked at again later."""
    end = time.monotonic() + LONGEST_NIGHT
    while not _answers(done):
        if time.monotonic() > end:
            raise NightTooLong(LONGEST_NIGHT)
        time.sleep(LOOK)


def _answers(done: Callable[[], bool]) -> bool:
    try:
        return done()
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            raise
        return False
