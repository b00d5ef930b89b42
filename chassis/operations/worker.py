"""The worker: drains lanes. Claims a batch, does it, settles it, claims the next; yields after some seconds."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from time import monotonic
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram

from chassis import telemetry
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.operations import claims
from chassis.operations.claims import Claimed, Settlement, Turn
from chassis.operations.execution import Execution, Interrupted
from chassis.operations.gate import Gate
from chassis.operations.kinds import Kind
from chassis.operations.model import Lane, OperationState
from chassis.operations.trying import GiveBack, Later, Nothing, TryAgain, Verdict, try_once
from chassis.work import Bell

YIELD_AFTER = 5.0  #: seconds a drain goes on before it lets other lanes have the thread
SETTLE_AFTER = 0.05  #: seconds an ended operation waits at most for others of its batch to be settled with it
PATIENCE = 1.0  #: seconds that a suspect waits for the process to be empty; then the relay rings again

log = structlog.get_logger(__name__)
ENDED = Counter("backroom_operations_total", "Operations that ended.", ["kind", "state"])
FAULTS = Counter("backroom_operation_faults_total", "Tries that ended in a fault of the machinery.", ["kind"])
SECONDS = Histogram("backroom_operation_seconds", "How long a try took.", ["kind"])


class Worker:
    """Does the operations of one service in one process, on as many threads as call `drain`.

    What it holds it knows by (id, epoch). Whatever goes wrong in a batch, it forgets the batch in the end: rows that
    then still say RUNNING in its name are found by the keeper and queued again.
    """

    def __init__(
        self, database: Database, bell: Bell, *, id: UUID, kinds: Iterable[Kind], lanes: Iterable[Lane], threads: int
    ) -> None:
        self.id = id
        self.kinds = {kind.name: kind for kind in kinds}
        self.lanes = {"default": Lane(name="default")} | {lane.name: lane for lane in lanes}
        self._database = database
        self._bell = bell
        self._threads = threads
        self._gate = Gate()
        self._turns = {lane: Turn(kinds=self._kinds_of(lane)) for lane in self.lanes}
        self._empty_since = dict.fromkeys(self.lanes, 0.0)
        self._leaving = threading.Event()
        self._lock = threading.Lock()
        self._running: dict[tuple[UUID, int], Execution | None] = {}  # None: claimed, not begun
        self._draining = 0

    def drain(self, lane: str, rung: float | None = None) -> None:
        """Does what is ready in the lane until it is empty, time is up or the process leaves.

        `rung` is when the bell was rung (seconds since 1970): where the lane was found empty since, there is nothing
        that this bell told of.
        """
        if lane not in self.lanes:
            return  # the bell of a newer or older release; its own workers hear it too
        if rung is not None and rung < self._empty_since[lane] <= time.time():  # unless the clock was set back since
            return
        until = monotonic() + YIELD_AFTER
        with self._lock:
            self._draining += 1
        try:
            while not self._leaving.is_set():
                looked = time.time()
                if self._do_batch(self.lanes[lane]):
                    if monotonic() > until:
                        self._do_suspect(self.lanes[lane])  # a busy lane is never empty
                        self._bell.ring(lane)
                        return
                elif not self._do_suspect(self.lanes[lane]):
                    self._empty_since[lane] = looked
                    return
        finally:
            with self._lock:
                self._draining -= 1

    def leave(self) -> None:
        """Claims nothing more; work in hand stops at its next step and is given back."""
        self._leaving.set()
        for execution in self.executions():
            execution.stop(Interrupted)

    def executions(self) -> list[Execution]:
        """The tries under way."""
        with self._lock:
            return [execution for execution in self._running.values() if execution is not None]

    def held(self) -> list[tuple[UUID, int]]:
        """What this process knows it holds: (id, epoch)."""
        with self._lock:
            return list(self._running)

    def _kinds_of(self, lane: str) -> dict[str, int | None]:
        limits = {kind.name: kind.limit for kind in self.kinds.values() if kind.lane == lane}
        if self.lanes[lane].batch != 1 and any(limit is not None for limit in limits.values()):
            raise ValueError(f"lane {lane} has limited kinds, so its batch must be 1")
        return limits

    def _do_batch(self, lane: Lane) -> bool:
        with self._gate.together():
            held = self._claim(lane)
            if len(held) == lane.batch and self._draining < self._threads:
                self._bell.ring(lane.name)  # there may be more than one thread can do
            self._run(held)
        return bool(held)

    def _do_suspect(self, lane: Lane) -> bool:
        with self._database.begin() as connection:
            if not claims.any_suspect(connection, lane, self._turns[lane.name]):
                return False
        with self._gate.alone(PATIENCE) as alone:
            held = self._claim(lane, suspects=True) if alone else []
            self._run(held)
        return bool(held)

    def _claim(self, lane: Lane, *, suspects: bool = False) -> list[Claimed]:
        take = claims.claim_suspect if suspects else claims.claim
        keys: list[tuple[UUID, int]] = []
        try:
            with self._database.begin() as connection:
                held = take(connection, lane, self._turns[lane.name], self.id)
                keys = [(one.id, one.epoch) for one in held]
                with self._lock:
                    self._running.update(dict.fromkeys(keys))
        except BaseException:
            self._forget(keys)  # whether the commit held is not known; where it did, the keeper finds them
            raise
        return held

    def _run(self, held: Sequence[Claimed]) -> None:
        try:
            self._do(held)
        finally:
            self._forget((one.id, one.epoch) for one in held)

    def _do(self, held: Sequence[Claimed]) -> None:
        ended: list[tuple[str, Settlement]] = []
        since = monotonic()
        for place, one in enumerate(held):
            if self._leaving.is_set():
                self._settle(ended)
                self._give_back(held[place:])
                return
            match self._try(one):
                case Settlement() as settlement:
                    ended.append((one.kind, settlement))
                case TryAgain() as again:
                    FAULTS.labels(one.kind).inc()
                    self._retry(one, again)
                case Later(after):
                    self._come_back(one, after)
                case GiveBack():
                    self._give_back([one])
                case Nothing():
                    pass
            if ended and monotonic() - since > SETTLE_AFTER:
                self._settle(ended)
                ended, since = [], monotonic()
        self._settle(ended)

    def _try(self, held: Claimed) -> Verdict:
        execution = Execution(held, self._database)
        with self._lock:
            self._running[held.id, held.epoch] = execution
        if self._leaving.is_set():  # `leave` may have looked a moment before
            execution.stop(Interrupted)
        with (
            structlog.contextvars.bound_contextvars(operation=str(held.id), kind=held.kind, epoch=held.epoch),
            telemetry.continued(held.traceparent, f"operation {held.kind}", operation=str(held.id)),
            SECONDS.labels(held.kind).time(),
        ):
            verdict = try_once(self.kinds[held.kind], execution, held)
        if execution.fence.settled:
            ENDED.labels(held.kind, OperationState.SUCCEEDED).inc()
        return verdict

    def _settle(self, ended: Sequence[tuple[str, Settlement]]) -> None:
        def write() -> None:
            with self._database.begin() as connection:
                settled = claims.settle(connection, [settlement for _, settlement in ended])
            for kind, settlement in ended:
                if settlement.id in settled:
                    ENDED.labels(kind, settlement.state).inc()

        if ended:
            self._write(write)
            self._forget((settlement.id, settlement.epoch) for _, settlement in ended)

    def _retry(self, held: Claimed, again: TryAgain) -> None:
        def write() -> None:
            with self._database.begin() as connection:
                claims.retry(connection, held, again.backoff, again.error)

        self._write(write)

    def _come_back(self, held: Claimed, after: timedelta) -> None:
        def write() -> None:
            with self._database.begin() as connection:
                claims.come_back(connection, held, after)

        self._write(write)

    def _give_back(self, held: Sequence[Claimed]) -> None:
        def write() -> None:
            with self._database.begin() as connection:
                claims.release(connection, [(one.id, one.epoch) for one in held])

        self._write(write)

    def _write(self, statement: Callable[[], None]) -> None:
        """Writes down how tries went. Where the database cannot take it, the keeper has them repeated."""
        try:
            statement()
        except Unavailable as fault:
            log.warning("the end of a try could not be written; it will be repeated", fault=str(fault))

    def _forget(self, keys: Iterable[tuple[UUID, int]]) -> None:
        with self._lock:
            for key in keys:
                self._running.pop(key, None)
