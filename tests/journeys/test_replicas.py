"""Several planners, several workers, and servers that come and go under load."""

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from backroom.delivery.v1 import delivery_pb2
from backroom.scheduler.v1 import scheduler_pb2
from chassis.embedded.server import free_ports
from tests.journeys.night import Night

TASKS = 500


@contextmanager
def another(night: Night, command: str) -> Iterator[None]:
    """One more process of the scheduler, beside the stack's."""
    environment = night.stack.environment("scheduler", command)
    (port,) = free_ports(1)
    environment["BACKROOM_METRICS_LISTEN"] = f"127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "services.scheduler", command],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
        assert process.poll() is None, "it died"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=40) == 0


@pytest.mark.timeout(240)
def test_two_planners_and_two_workers_run_five_hundred_tasks_due_at_once_once_each(night: Night) -> None:
    scheduler = night.connection.scheduler
    with another(night, "plan"), another(night, "work"):
        due = Timestamp(seconds=int(time.time()) + 30)
        for number in range(TASKS):
            task = scheduler_pb2.Task(
                title=f"Défectueux {number}",
                task_type="sales.process-defectives",
                triggers=[scheduler_pb2.Trigger(once=scheduler_pb2.OnceTrigger(time=due))],
                notification=scheduler_pb2.Notification(when=scheduler_pb2.Notification.WHEN_NEVER),
            )
            scheduler.CreateTask(scheduler_pb2.CreateTaskRequest(task=task, request_id=str(uuid.uuid4())), timeout=30)
        assert time.time() < due.seconds, "creating them took too long for this test to mean anything"
        end = time.monotonic() + 150
        question = (
            "SELECT count(*) FILTER (WHERE run.state = 'succeeded'), count(*), count(DISTINCT run.task)"
            " FROM run WHERE task_title LIKE 'Défectueux %'"
        )
        while (left := night.rows("scheduler", question)[0]) != (TASKS, TASKS, TASKS):
            assert time.monotonic() < end, left
            time.sleep(0.5)
    handled = night.rows("sales", "SELECT count(*) FROM operation WHERE kind = 'sales.process-defectives'")
    asked = night.rows("scheduler", "SELECT count(*) FROM attempt JOIN run ON run.number = attempt.run"
                                    " WHERE run.task_type = 'sales.process-defectives'")  # fmt: skip
    assert handled == asked


@pytest.mark.timeout(120)
def test_sigterm_under_load_loses_no_call(night: Night) -> None:
    """Calls that were begun are answered; calls that come too late are told so, and succeed when sent again."""
    ends: Counter[str] = Counter()
    stop = threading.Event()
    connection = night.connection

    def call() -> None:
        while not stop.is_set():
            try:
                connection.delivery.GetDestination(
                    delivery_pb2.GetDestinationRequest(name="destinations/siege-sftp"), timeout=10
                )
                ends["OK"] += 1
            except grpc.RpcError as error:
                ends[error.code().name] += 1
                time.sleep(0.05)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    (pid,) = [each.pid for each in night.stack.processes() if each.name == "delivery-serve"]
    assert pid is not None
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + 60
    while True:  # until the next process has answered as well
        time.sleep(0.5)
        standing = {each.name: each.pid for each in night.stack.processes()}
        if standing["delivery-serve"] not in (None, pid):
            break
        assert time.monotonic() < end
    night.stack.wait_until_ready("delivery-serve")
    answered = ends["OK"]
    while ends["OK"] < answered + 20:
        assert time.monotonic() < end, ends
        time.sleep(0.1)
    stop.set()
    for thread in threads:
        thread.join()
    assert set(ends) <= {"OK", "UNAVAILABLE", "CANCELLED"}, ends
