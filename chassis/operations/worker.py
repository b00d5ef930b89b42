"""The worker: drains lanes. Claims a batch, does it, settles it, claims the next; yields after some seconds."""

import threading
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from uuid import UUID

import structlog
from prometheus_client import Counter, Histogram

from chassis import telemetry
from chassis.database import Database
from chassis.errors import BackroomError, Unavailable
from chassis.operations import claims
from chassis.operations.claims import Claimed, Settlement, Turn
from chassis.operations.execution import (
    Cancelled,
    DeadlinePassed,
    Execution,
    FenceLost,
    Interrupted,
    Stopped,
)
from chassis.operations.gate import Gate
from chassis.operations.model import Kind, Lane, OperationError, OperationState, Outcome
from chassis.work import Bell

YIELD_AFTER = 5.0  #: seconds a drain goes on before it lets other lanes have the thread
SETTLE_AFTER = 0.05  #: seconds an ended operation waits at most for others of its batch to be settled with it

log = structlog.get_logger(__name__)
ENDED = Counter("backroom_operations_total", "Operations that ended.", ["kind", "state"])
FAULTS = Counter("backroom_operation_faults_total", "Tries that ended in a fault of the machinery.", ["kind"])
SECONDS = Histogram("backroom_operation_seconds", "How long a try took.", ["kind"])


class Worker:
    """Does the operations of one service in one process, on as many threads as call `drain`."""

    def __init__(
        self,
        database: Database,
        bell: Bell,
        *,
        id: UUID,
        kinds: Iterable[Kind],
        lanes: Iterable[Lane],
        threads: int,
    ) -> None:
        self.id = id
        self.kinds = {kind.name: kind for kind in kinds}
        self.lanes = {"default": Lane(name="default")} | {lane.name: lane for lane in lanes}
        self._database = database
        self._bell = bell
        self._threads = threads
        self._gate = Gate()
        self._leaving = threading.Event()
        self._lock = threading.Lock()
        self._running: dict[tuple[UUID, int], Execution | None] = {}  # None: claimed, not begun
        self._draining = 0
        for kind in self.kinds.values():
            if kind.limit is not None and self.lanes[kind.lane].batch != 1:
                raise ValueError(f"{kind.name} is limited, so its lane {kind.lane} must have batch 1")

    def drain(self, lane: str) -> None:
        """Does what is ready in the lane until it is empty, time is up or the process leaves."""
        if lane not in self.lanes:
            return  # the bell of a newer or older release; its own workers hear it too
        kinds = [kind for kind in self.kinds.values() if kind.lane == lane]
        turn = Turn(limited={kind.name: kind.limit for kind in kinds if kind.limit is not None})
        until = monotonic() + YIELD_AFTER
        with self._lock:
            self._draining += 1
        try:
            while not self._leaving.is_set():
                if monotonic() > until:
                    self._bell.ring(lane)
                    return
                if not self._do_batch(self.lanes[lane], kinds, turn) and not self._do_suspect(
                    self.lanes[lane], kinds, turn
                ):
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

    def _do_batch(self, lane: Lane, kinds: Sequence[Kind], turn: Turn) -> bool:
        with self._gate.together():
            held = self._claim(lane, kinds, turn)
            if len(held) == lane.batch and self._draining < self._threads:
                self._bell.ring(lane.name)  # there may be more than one thread can do
            self._run(held)
        return bool(held)

    def _do_suspect(self, lane: Lane, kinds: Sequence[Kind], turn: Turn) -> bool:
        with self._database.begin() as connection:
            if not claims.any_suspect(connection, lane.name):
                return False
        with self._gate.alone():
            held = self._claim(lane, kinds, turn, suspects=True)
            self._run(held)
        return bool(held)

    def _claim(self, lane: Lane, kinds: Sequence[Kind], turn: Turn, *, suspects: bool = False) -> list[Claimed]:
        with self._database.begin() as connection:
            held = claims.claim(
                connection,
                lane=lane,
                kinds=[kind.name for kind in kinds],
                worker=self.id,
                turn=turn,
                suspects=suspects,
            )
            with self._lock:
                self._running.update({(one.id, one.epoch): None for one in held})
        return held

    def _run(self, held: Sequence[Claimed]) -> None:
        ended: list[Settlement] = []
        since = monotonic()
        for place, one in enumerate(held):
            if self._leaving.is_set():
                self._settle(ended)
                self._release(held[place:])
                return
            settlement = self._try(one)
            if settlement is not None:
                ended.append(settlement)
            else:
                self._forget([(one.id, one.epoch)])
            if ended and monotonic() - since > SETTLE_AFTER:
                self._settle(ended)
                ended, since = [], monotonic()
        self._settle(ended)

    def _try(self, held: Claimed) -> Settlement | None:
        """One try; None where the row already says how it went."""
        kind = self.kinds[held.kind]
        execution = Execution(held, self._database)
        with self._lock:
            self._running[held.id, held.epoch] = execution
        with (
            structlog.contextvars.bound_contextvars(operation=str(held.id), kind=held.kind, epoch=held.epoch),
            telemetry.continued(held.traceparent, f"operation {held.kind}", operation=str(held.id)),
            SECONDS.labels(held.kind).time(),
        ):
            try:
                outcome = self._begin(kind, execution, held)
            except Stopped as why:
                return self._stopped(held, why)
            except Unavailable as fault:
                return self._fault(kind, held, OperationError(reason=fault.reason, message=str(fault)))
            except BackroomError as refusal:
                return Settlement(
                    id=held.id,
                    epoch=held.epoch,
                    state=OperationState.FAILED,
                    error=OperationError(reason=refusal.reason, message=str(refusal)),
                )
            except Exception:
                log.exception("operation broke")
                message = f"it broke; the log of the service tells why (operation {held.id})"
                return self._fault(kind, held, OperationError(reason="INTERNAL", message=message))
        if execution.fence.settled:
            ENDED.labels(held.kind, OperationState.SUCCEEDED).inc()
            return None
        return Settlement(id=held.id, epoch=held.epoch, state=OperationState.SUCCEEDED, outcome=outcome or Outcome())

    def _begin(self, kind: Kind, execution: Execution, held: Claimed) -> Outcome | None:
        if held.cancel_asked:
            raise Cancelled("it was cancelled before it began")
        if held.expired:
            raise DeadlinePassed("its deadline passed before it began")
        return kind.run(execution)

    def _stopped(self, held: Claimed, why: Stopped) -> Settlement | None:
        match why:
            case FenceLost():
                log.warning("another worker has taken over")
                return None
            case Interrupted():
                self._release([held])
                return None
            case Cancelled():
                state, reason, message = OperationState.CANCELLED, "CANCELLED", "somebody asked for its end"
            case _:
                state, reason, message = (
                    OperationState.FAILED,
                    "DEADLINE_PASSED",
                    "it took longer than it may",
                )
        return Settlement(
            id=held.id, epoch=held.epoch, state=state, error=OperationError(reason=reason, message=message)
        )

    def _fault(self, kind: Kind, held: Claimed, error: OperationError) -> Settlement | None:
        FAULTS.labels(kind.name).inc()
        if held.attempts >= kind.max_attempts:
            log.error("operation parked", attempts=held.attempts, reason=error.reason)
            return Settlement(id=held.id, epoch=held.epoch, state=OperationState.PARKED, error=error)
        backoff = kind.backoff(held.attempts)
        log.warning("operation will be tried again", attempts=held.attempts, reason=error.reason, backoff=str(backoff))
        self._write(lambda: self._retry(held, error))
        return None

    def _retry(self, held: Claimed, error: OperationError) -> None:
        with self._database.begin() as connection:
            claims.retry(connection, held, self.kinds[held.kind].backoff(held.attempts), error)

    def _release(self, held: Sequence[Claimed]) -> None:
        def give_back() -> None:
            with self._database.begin() as connection:
                claims.release(connection, held)

        if held:
            self._write(give_back)
            self._forget([(one.id, one.epoch) for one in held])

    def _settle(self, ended: Sequence[Settlement]) -> None:
        def end() -> None:
            with self._database.begin() as connection:
                settled = claims.settle(connection, ended)
            for one in ended:
                if one.id in settled:
                    ENDED.labels(self._kind_of(one), one.state).inc()

        if ended:
            self._write(end)
            self._forget([(one.id, one.epoch) for one in ended])

    def _kind_of(self, ended: Settlement) -> str:
        execution = self._running.get((ended.id, ended.epoch))
        return "" if execution is None else execution.kind

    def _write(self, statement: Callable[[], None]) -> None:
        """Writes down how a try went. Where the database cannot take it, the keeper has the try repeated."""
        try:
            statement()
        except Unavailable as fault:
            log.warning("the end of a try could not be written; it will be repeated", fault=str(fault))

    def _forget(self, keys: Iterable[tuple[UUID, int]]) -> None:
        with self._lock:
            for key in keys:
                self._running.pop(key, None)
