"""SchedulerService: runs as people watch them."""

import base64
import binascii
import json
import time
from collections.abc import Iterator
from datetime import timedelta

import grpc

from backroom.scheduler.v1 import scheduler_pb2
from chassis.errors import FieldProblem, InvalidInput
from chassis.rpc import call
from chassis.rpc.messages import timestamp
from services.scheduler.domain.watching import Bookmark, Glimpse
from services.scheduler.rpc import render
from services.scheduler.rpc.calls import SchedulerCalls
from services.scheduler.rpc.parse import parse_run_number

LOOK_EVERY = 0.25  #: seconds
ASK_HANDLERS_EVERY = 1.0  #: seconds
LONGEST_WATCH = 600.0  #: seconds; far below the age that connections reach
MARGIN = timedelta(seconds=2)  #: before the caller's own deadline
LONGEST_TOKEN = 20_000
LAST_NUMBER = 2**63 - 1  #: of a journal


class WatchCalls(SchedulerCalls):
    """What people see of runs as they go."""

    def WatchRun(
        self, request: scheduler_pb2.WatchRunRequest, context: grpc.ServicerContext
    ) -> Iterator[scheduler_pb2.WatchRunResponse]:
        number = parse_run_number(request.name)
        bookmark = parse_token(request.resume_token, number)
        began = asked = time.monotonic()
        first = True
        with self._use.watchers(bookmark) as watch:
            while True:
                now = time.monotonic()
                due = first or now - asked >= ASK_HANDLERS_EVERY
                glimpse = watch.look(ask_handlers=due)
                asked = now if due else asked
                if glimpse.new:
                    yield render_glimpse(glimpse)
                left = call.time_left()
                soon_over = left is not None and left < MARGIN
                if glimpse.over or soon_over or call.current().over() or now - began >= LONGEST_WATCH:
                    return
                first = False
                time.sleep(LOOK_EVERY)


def render_glimpse(glimpse: Glimpse) -> scheduler_pb2.WatchRunResponse:
    """The run without its files, which a watcher need not get again and again."""
    run = None if glimpse.run is None else render.render_run(glimpse.run, glimpse.attempts)
    if run is not None:
        run.ClearField("files")
    return scheduler_pb2.WatchRunResponse(
        run=run,
        log_lines=[
            scheduler_pb2.WatchRunResponse.LogLine(
                create_time=timestamp(line.create_time),
                service=line.track.service,
                source=line.source,
                text=line.text,
            )
            for line in glimpse.lines
        ],
        resume_token=render_token(glimpse.bookmark),
    )


def render_token(bookmark: Bookmark) -> str:
    seen = {"run": bookmark.run, "mark": bookmark.mark, "lines": dict(bookmark.lines)}
    return base64.urlsafe_b64encode(json.dumps(seen, separators=(",", ":")).encode()).decode()


def parse_token(token: str, run: int) -> Bookmark:
    """Where the watch of this run goes on; at its beginning without a token."""
    if not token:
        return Bookmark(run=run)
    try:
        seen = json.loads(base64.urlsafe_b64decode(token[:LONGEST_TOKEN].encode()))
        bookmark = Bookmark(
            run=int(seen["run"]),
            mark=str(seen["mark"]),
            lines={str(key): int(number) for key, number in seen["lines"].items()},
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, binascii.Error):
        bookmark = Bookmark(run=0)
    if bookmark.run != run or not all(0 <= number <= LAST_NUMBER for number in bookmark.lines.values()):
        raise InvalidInput(FieldProblem("resume_token", "is none that WatchRun of this run answered; leave it out"))
    return bookmark
