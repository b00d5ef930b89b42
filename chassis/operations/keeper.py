"""The keeper: a thread of the worker process that keeps its lease, watches its tries, and mends what others left."""

import os
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from uuid import UUID

import structlog
from prometheus_client import Counter, Gauge

from chassis.database import Database
from chassis.errors import Unavailable
from chassis.operations import claims, holding, keeping, purging
from chassis.operations.execution import Cancelled, DeadlinePassed, Execution, FenceLost, HeldBack
from chassis.operations.purging import Purge
from chassis.operations.worker import Worker
from chassis.work import Bell

TICK = 1.0  #: seconds between looks at the tries under way
STUCK_AFTER = 60.0  #: seconds a try may ignore that it was told to stop
PURGE_EVERY = 60.0  #: seconds

log = structlog.get_logger(__name__)
QUEUED = Gauge("backroom_operations_queued", "Operations that are ready and not claimed.", ["lane"])
OLDEST = Gauge("backroom_operations_oldest_seconds", "How long the oldest ready operation has waited.", ["lane"])
HELD_BACK = Gauge("backroom_operations_held_back", "Operations whose site is not in normal mode.", ["lane"])
RESCUED = Counter("backroom_operations_rescued_total", "Operations taken from silent workers.", ["kind", "state"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How patient the keeper is."""

    lease: timedelta = timedelta(seconds=15)
    heartbeat: timedelta = timedelta(seconds=5)
    relay: timedelta = timedelta(seconds=2)


class Keeper:
    """Beats, watches, relays. `on_death` is called once when others have taken over, or a thread is stuck: leave."""

    def __init__(
        self,
        worker: Worker,
        database: Database,
        bell: Bell,
        times: Times,
        on_death: Callable[[str], None],
        purges: Sequence[Purge] = (),
    ) -> None:
        self._worker = worker
        self._database = database
        self._bell = bell
        self._times = times
        self._on_death = on_death
        self._purges = purges
        self._told_to_stop: dict[tuple[UUID, int], float] = {}
        self._strangers: set[tuple[UUID, int]] = set()
        self._next_beat = self._next_relay = self._next_purge = 0.0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._last_tick = monotonic()
        self._cut_off = False  #: since its last beat it could not reach the database
        self._rescues_from = 0.0  #: by then, whoever beats at all has had the time to

    def start(self) -> None:
        """Registers the process, then keeps in the background. Raises `Unavailable` without a database."""
        with self._database.begin() as connection:
            connection.execute(
                keeping.REGISTER,
                {
                    "id": self._worker.id,
                    "application_name": self._database.application_name,
                    "host": socket.gethostname(),
                    "pid": os.getpid(),
                },
            )
        self._thread.start()

    def stop(self) -> None:
        """Stops keeping and takes the process off the list; what it still holds is queued again at once."""
        self._end.set()
        self._thread.join()
        with self._database.begin() as connection:
            connection.execute(keeping.END_SESSIONS, {"names": [self._database.application_name]})
            claims.release(connection, self._worker.held())  # given back, not died with
            connection.execute(keeping.LEAVE, {"id": self._worker.id})

    def live(self) -> bool:
        """False once the keeper itself no longer ticks."""
        return monotonic() - self._last_tick < STUCK_AFTER

    def tick(self) -> None:
        """One look. Raises `Unavailable`."""
        self._beat_when_due()
        self._watch()
        now = monotonic()
        if now >= self._next_relay:
            self._next_relay = now + self._times.relay.total_seconds()
            self._relay()
        if now >= self._next_purge:
            self._next_purge = now + PURGE_EVERY
            if self._purge():
                self._next_purge = now

    def _keep(self) -> None:
        pace = min(TICK, self._times.relay.total_seconds())
        while not self._end.wait(pace):
            try:
                self.tick()
            except Unavailable as fault:
                log.warning("the keeper could not reach the database; it goes on trying", fault=str(fault))
                self._cut_off = True
            except Exception:  # without its keeper the process would lose its lease and not know
                log.exception("the keeper stumbled; it goes on trying")
                self._cut_off = True
            self._last_tick = monotonic()

    def _beat_when_due(self) -> None:
        now = monotonic()
        if now >= self._next_beat:
            self._next_beat = now + self._times.heartbeat.total_seconds()
            self._beat()

    def _purge(self) -> bool:
        """Forgets a batch of what is old, one process at a time; True where there may be more."""
        more = False
        for purge in self._purges:
            self._beat_when_due()  # a batch may take long on a busy disk, all of them longer than the lease
            with self._database.begin() as connection:
                if not keeping.only_one_relay(connection):
                    return False
                more |= purging.forget(connection, purge) >= purging.BATCH
        return more

    def _beat(self) -> None:
        with self._database.begin() as connection:
            if connection.execute(keeping.BEAT, {"id": self._worker.id}).first() is None:
                self._on_death("others have taken over this process's work: it was silent for longer than its lease")
                return
            if self._cut_off:  # what cut us off has made the others look silent too
                self._rescues_from = monotonic() + self._times.lease.total_seconds()
                self._cut_off = False
            found = keeping.strangers(connection, self._worker.id, self._worker.held())
        lost = found & self._strangers - set(self._worker.held())  # twice in a row: no claim is just under way
        self._strangers = found
        if lost:
            with self._database.begin() as connection:
                claims.release(connection, lost)
            log.warning("operations were held by nobody and are queued again", count=len(lost))

    def _watch(self) -> None:
        executions = {(one.id, one.epoch): one for one in self._worker.executions()}
        self._told_to_stop = {key: since for key, since in self._told_to_stop.items() if key in executions}
        if not executions:
            return
        with self._database.begin() as connection:
            rows = connection.execute(
                keeping.WATCH, {"worker": self._worker.id, "ids": [id for id, _ in executions]}
            ).all()
        for row in rows:
            for (id, epoch), execution in executions.items():
                if id == row.id and (row.epoch != epoch or not row.held):
                    self._tell(execution, FenceLost)
                elif id == row.id and row.cancel_asked:
                    self._tell(execution, Cancelled)
                elif id == row.id and row.held_back:
                    self._tell(execution, HeldBack)
                elif id == row.id and row.expired:
                    self._tell(execution, DeadlinePassed)
        if any(monotonic() - since > STUCK_AFTER for since in self._told_to_stop.values()):
            self._on_death("a thread ignored for too long that its work is to stop")

    def _tell(self, execution: Execution, why: type[FenceLost | Cancelled | HeldBack | DeadlinePassed]) -> None:
        execution.stop(lambda: why(f"operation {execution.id}"))
        if why is FenceLost:
            self._told_to_stop.setdefault((execution.id, execution.epoch), monotonic())

    def _relay(self) -> None:
        """Promotes what is due, rescues what is held by the dead, ends what is overdue, rings again."""
        with self._database.begin() as connection:
            if not keeping.only_one_relay(connection):
                return
            connection.execute(keeping.PROMOTE)
            holding.mend(connection)
            rescued: list[keeping.Rescued] = []
            if not self._cut_off and monotonic() >= self._rescues_from:
                rescued = keeping.take_over(connection, self._times.lease)
            expired = keeping.expire(connection, self._times.lease)
            waiting = connection.execute(keeping.WAITING, {"lanes": list(self._worker.lanes)}).all()
            held_back = holding.held_back_by_lane(connection)
        for one in rescued:
            RESCUED.labels(one.kind, one.state).inc()
            log.warning("operation taken from a silent worker", operation=str(one.id), kind=one.kind, state=one.state)
        for identifier in expired:
            log.warning("operation ended at its deadline", operation=str(identifier))
        for lane in self._worker.lanes:
            QUEUED.labels(lane).set(0)
            OLDEST.labels(lane).set(0)
            HELD_BACK.labels(lane).set(held_back.get(lane, 0))
        for row in waiting:
            QUEUED.labels(row.lane).set(row.operations)
            OLDEST.labels(row.lane).set(row.oldest_seconds)
            self._bell.ring(row.lane)
