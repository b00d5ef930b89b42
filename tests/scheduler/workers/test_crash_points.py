"""What breaks between the scheduler and a handler, and how each run goes on all the same."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import grpc

from services.scheduler.application.ports import Entry, Started
from services.scheduler.domain.runs import Purpose, RunState
from services.scheduler.gateways.handlers import GrpcHandlers
from services.scheduler.workers.steps import MOST_BROKEN, kinds
from tests.scheduler.conftest import House
from tests.scheduler.team import Times, drop, refuse, succeeded


def test_a_dead_handler_is_asked_again_later_and_nothing_is_lost(house: House) -> None:
    house.others.team.before_start = Times(1, refuse(grpc.StatusCode.INTERNAL))
    number = house.start(house.task())
    house.worker().drain("runs")
    run = house.run(number)
    assert run.state is RunState.RUNNING
    with house.open_work() as work:
        (step,) = work.operations.get_many([run.operation] if run.operation else []).values()
    assert step.state.value == "queued"
    house.rest()
    house.settle()
    assert house.run(number).state is RunState.SUCCEEDED
    assert len(house.others.team.done) == 1


def test_a_handler_that_is_not_there_leaves_the_run_to_a_later_try(house: House) -> None:
    house.others.team_server.stop(0).wait()
    number = house.start(house.task())
    house.worker().drain("runs")
    assert house.run(number).state is RunState.RUNNING
    assert house.count("operation") == 1
    with house.open_work() as work:
        state, faults = work.connection.exec_driver_sql("SELECT state, attempts FROM operation").one()
    assert (state, faults) == ("queued", 1)


def test_a_handler_that_loses_its_reply_is_asked_twice_and_does_it_once(house: House) -> None:
    house.others.team.after_start = Times(1, drop)
    number = house.start(house.task())
    house.worker().drain("runs")
    house.rest()
    house.settle()
    team = house.others.team
    assert house.run(number).state is RunState.SUCCEEDED
    assert len(team.asked) == 2
    assert len(set(team.asked)) == len(team.done) == 1


def test_an_attempt_cancelled_before_it_was_started_does_nothing(house: House) -> None:
    house.others.team.before_start = Times(1, refuse(grpc.StatusCode.INTERNAL))
    number = house.start(house.task())
    house.worker().drain("runs")
    with house.open_work() as work:
        attempt = work.attempts.open_of(number, Purpose.WORK)
    assert attempt
    house.others.team.tombstones.add(str(attempt.id))
    house.rest()
    house.settle()
    run = house.run(number)
    assert run.state is RunState.CANCELLED
    assert house.others.team.done == []
    assert house.inbox("anne")[0].body == "La tâche a été annulée : elle avait été annulée avant de démarrer"


class Dying(GrpcHandlers):
    """The process dies once, when the handler has answered."""

    def start(self, handler: str, entries: Sequence[Entry]) -> Mapping[UUID, Started]:
        super().start(handler, entries)
        raise RuntimeError("killed")


def test_a_step_that_dies_after_its_attempt_was_committed_asks_under_the_same_uuid(house: House) -> None:
    number = house.start(house.task())
    doomed = Dying(house.runtime.channels.get, house.parts.addresses)
    step = replace(house.parts.start_runs, handlers=doomed)
    worker = house.worker()
    worker.kinds = {kind.name: replace(kind, run=step) for kind in house.wiring.kinds}
    worker.drain("runs")
    assert house.run(number).state is RunState.RUNNING
    house.settle()
    assert house.run(number).state is RunState.SUCCEEDED
    assert len(house.others.team.asked) == 2
    assert len(set(house.others.team.asked)) == len(house.others.team.done) == 1


def test_an_attempt_that_the_handler_forgot_is_started_again_under_the_same_uuid(house: House) -> None:
    house.others.team.does = lambda entry: None
    number = house.start(house.task())
    house.work()
    (attempt,) = house.others.team.attempts
    house.others.team.attempts.clear()
    house.others.team.does = lambda entry: succeeded()
    house.settle()
    assert house.run(number).state is RunState.SUCCEEDED
    assert house.others.team.asked == [attempt, attempt]


def test_a_step_that_the_engine_gave_up_ends_its_run(house: House) -> None:
    number = house.start(house.task())
    with house.open_work() as work:
        work.connection.exec_driver_sql(
            "UPDATE operation SET state = 'parked', end_time = now(),"
            ' error = \'{"reason": "INTERNAL", "message": "trois processus sont morts"}\''
        )
    with house.open_work() as work:
        assert house.parts.recover_runs(work) == 1
    run = house.run(number)
    assert run.state is RunState.FAILED
    assert run.failure
    assert run.failure.reason == "INTERNAL"
    assert run.failure.message == "trois processus sont morts"
    assert "une panne interne l'a arrêtée" in house.inbox("anne")[0].body
    with house.open_work() as work:
        assert house.parts.recover_runs(work) == 0


def test_a_step_that_somebody_cancelled_cancels_its_run(house: House) -> None:
    number = house.start(house.task())
    step = house.run(number).operation
    assert step
    with house.open_work() as work:
        work.operations.cancel([step], "cancelled by anne")
    with house.open_work() as work:
        house.parts.recover_runs(work)
    assert house.run(number).state is RunState.CANCELLED
    house.settle()
    assert house.others.team.asked == []


class Broken(GrpcHandlers):
    """Has a defect that every try meets."""

    def start(self, handler: str, entries: Sequence[Entry]) -> Mapping[UUID, Started]:
        raise KeyError(handler)


def test_a_step_that_breaks_each_time_ends_its_run_and_lets_its_pool_go_on(house: House) -> None:
    first, second = (house.start(house.task(pool="nuit", owner=owner)) for owner in ("anne", "wolf"))
    broken = Broken(house.runtime.channels.get, house.parts.addresses)
    sound = house.wiring
    defect = kinds(
        replace(house.parts.start_runs, handlers=broken),
        house.parts.deliver_run,
        house.parts.cancel_attempts,
        house.parts.mail_report,
    )
    house.wiring = replace(sound, kinds=defect)
    for _ in range(MOST_BROKEN):
        house.work()
    house.wiring = sound
    with house.open_work() as work:
        assert house.parts.recover_runs(work) == 1
    house.settle()
    assert (house.run(first).state, house.run(second).state) == (RunState.FAILED, RunState.SUCCEEDED)
    assert house.inbox("anne")[0].body == (
        "La tâche a renvoyé les erreurs suivantes : une panne interne l'a arrêtée ;"
        " le journal technique du service dit laquelle"
    )
