"""What is counted, for Prometheus."""

from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.scheduler.domain.policies import SkipReason
from services.scheduler.domain.runs import RunState

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400)


class RunGauges:
    """How runs go, in a worker's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lateness = Histogram(
            "backroom_scheduler_lateness_seconds",
            "From the instant a run stands for to its start.",
            buckets=BUCKETS,
            registry=registry,
        )
        self._runs = Counter(
            "backroom_scheduler_runs_total", "Runs that ended.", ["state", "task_type"], registry=registry
        )

    def started(self, lateness: timedelta) -> None:
        self._lateness.observe(max(lateness.total_seconds(), 0.0))

    def ended(self, task_type: str, state: RunState) -> None:
        self._runs.labels(state.value, task_type).inc()


class PlannerGauges:
    """How planning goes, in a planner's registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._due = Gauge(
            "backroom_scheduler_due_tasks",
            "Tasks whose instant has come and that are not planned yet.",
            registry=registry,
        )
        self._oldest = Gauge(
            "backroom_scheduler_oldest_due_seconds",
            "For how long the first of them has been due.",
            registry=registry,
        )
        self._skipped = Counter(
            "backroom_scheduler_skipped_instants_total",
            "Instants of tasks that do not run, by the reason.",
            ["reason"],
            registry=registry,
        )
        self._heartbeat = Gauge(
            "backroom_scheduler_planner_heartbeat_seconds",
            "When this planner last looked, Unix time.",
            registry=registry,
        )

    def overdue(self, tasks: int, oldest: timedelta) -> None:
        self._due.set(tasks)
        self._oldest.set(oldest.total_seconds())

    def skipped(self, reason: SkipReason, instants: int) -> None:
        self._skipped.labels(reason.value).inc(instants)

    def planned(self) -> None:
        self._heartbeat.set_to_current_time()
