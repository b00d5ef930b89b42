"""The scheduler's own tasks: what every service does for itself, asked for as one; and the live message."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import grpc
import pytest
from pydantic import ValidationError

from chassis.operations import JSON, NewOperation, OperatingMode, Operation, OperationState, TaskContext
from services.scheduler.workers.system_tasks import LiveMessageOptions
from tests.scheduler.conftest import House
from tests.scheduler.team import Times, drop, failed, refuse, succeeded, task_type

ALL = "scheduler.maintenance-all"


@dataclass
class Office:
    """A house whose run is being worked at by the scheduler itself."""

    house: House
    run: int

    def begin(
        self, kind: str = ALL, locale: str = "fr", mode: OperatingMode = OperatingMode.NORMAL, **options: JSON
    ) -> UUID:
        attempt = uuid.uuid4()
        context = TaskContext(
            attempt=attempt,
            run=f"runs/{self.run}",
            task="tasks/1",
            task_title="Entretien",
            owner="anne",
            locale=locale,
            mode=mode,
            nominal_time=datetime(2017, 1, 31, 2, tzinfo=UTC),
        )
        with self.house.open_work() as work:
            return work.operations.add(
                NewOperation(kind=kind, id=attempt, request=options, context=context, caller="anne")
            )

    def step(self) -> None:
        """Whatever waits for a later time is due now."""
        with self.house.runtime.database.begin() as connection:
            connection.exec_driver_sql("UPDATE operation SET ready = true WHERE state = 'queued'")
        self.house.worker().drain("default")

    def get(self, identifier: UUID) -> Operation:
        with self.house.open_work() as work:
            return work.operations.get(identifier)

    def age(self, seconds: int) -> None:
        """As if what is kept had been heard so much earlier."""
        statement = (
            "UPDATE operation SET checkpoint = (SELECT jsonb_set(checkpoint, '{shares}', jsonb_agg(jsonb_set(share,"
            " '{heard}', to_jsonb((share->>'heard')::timestamptz - %(seconds)s * interval '1 second'))))"
            " FROM jsonb_array_elements(checkpoint->'shares') AS share) WHERE kind LIKE 'scheduler.%%-all'"
        )
        with self.house.runtime.database.begin() as connection:
            connection.exec_driver_sql(statement, {"seconds": seconds})


@pytest.fixture
def office(house: House) -> Office:
    team = house.others.team
    team.types += [task_type("team.maintenance"), task_type("till.maintenance"), task_type("team.purge")]
    team.does = lambda entry: None
    number = house.start(house.task())
    house.work()
    assert house.run(number).terms is not None
    team.done.clear()
    team.asked.clear()
    return Office(house, number)


def test_every_service_is_asked_and_their_reports_are_put_together(office: Office) -> None:
    team = office.house.others.team
    team.does = lambda entry: succeeded(f"fait par {entry.task_type}")
    whole = office.begin()
    office.step()
    done = office.get(whole)
    assert done.outcome is not None
    assert done.outcome.report.splitlines() == [
        "team :",
        "fait par team.maintenance",
        "till :",
        "fait par till.maintenance",
        "Durée totale : 0secs",
    ]
    first = team.done[0]
    assert (first.run, first.owner, first.task_title, dict(first.options)) == (
        f"runs/{office.run}",
        "anne",
        "Rapport",
        {},
    )


def test_no_thread_waits_while_services_are_at_work(office: Office) -> None:
    team = office.house.others.team
    whole = office.begin()
    office.step()
    waiting = office.get(whole)
    assert (waiting.state, waiting.attempts) == (OperationState.QUEUED, 0)
    assert waiting.progress is not None
    assert (waiting.progress.done, waiting.progress.total) == (0, 2)
    for entry in team.done:
        team.finish(entry.attempt, succeeded("fait"))
    office.step()
    assert office.get(whole).state is OperationState.SUCCEEDED
    assert len(team.asked) == 2


def test_one_that_fails_is_told_in_its_place_and_fails_the_whole_at_the_end(office: Office) -> None:
    team = office.house.others.team
    team.does = lambda entry: (
        failed(message="disque plein") if entry.task_type.startswith("till") else succeeded("fait")
    )
    whole = office.begin()
    office.step()
    done = office.get(whole)
    assert (done.state, done.error and done.error.reason) == (OperationState.FAILED, "SHARES_FAILED")
    assert done.error is not None
    assert done.error.message.splitlines() == [
        "team :",
        "fait",
        "till :",
        "Échec : disque plein",
        "Durée totale : 0secs",
    ]


def test_an_answer_that_is_lost_starts_nothing_twice(office: Office) -> None:
    team = office.house.others.team
    team.does = lambda entry: succeeded("fait")
    team.after_start = Times(1, drop)
    whole = office.begin()
    office.step()
    office.house.rest()
    office.step()
    assert office.get(whole).state is OperationState.SUCCEEDED
    assert len(team.done) == 2
    assert len(set(team.asked)) == 2


def test_a_share_that_its_service_never_had_is_handed_over_again(office: Office) -> None:
    team = office.house.others.team
    whole = office.begin()
    office.step()
    team.attempts.clear()
    team.does = lambda entry: succeeded("fait")
    office.step()
    office.step()
    assert office.get(whole).state is OperationState.SUCCEEDED


def test_one_that_does_not_answer_is_waited_for_and_then_told(office: Office) -> None:
    team = office.house.others.team
    team.before_poll = refuse(grpc.StatusCode.UNAVAILABLE)
    whole = office.begin()
    office.step()
    office.house.rest()
    office.step()
    assert office.get(whole).state is OperationState.QUEUED
    office.age(601)
    office.house.rest()
    office.step()
    done = office.get(whole)
    assert done.error is not None
    assert done.error.message.count("Le service n'a pas répondu") == 2


def test_a_handler_that_is_away_at_first_gets_its_share_later(office: Office) -> None:
    house = office.house
    house.others.team_server.stop(0).wait()
    whole = office.begin()
    office.step()
    waiting = office.get(whole)
    assert waiting.state is OperationState.QUEUED
    assert waiting.progress is not None
    assert waiting.progress.text == "team"
    office.age(601)
    house.rest()
    office.step()
    done = office.get(whole)
    assert done.error is not None
    assert done.error.message.splitlines()[:2] == ["team :", "Le service n'a pas répondu"]


def test_what_a_service_refuses_is_told_with_its_reason(office: Office) -> None:
    office.run = office.house.start(office.house.task(owner="nobody"))
    office.house.work()
    whole = office.begin(locale="en")
    office.step()
    done = office.get(whole)
    assert done.error is not None
    assert "Failed: nobody may not do this" in done.error.message


def test_purging_asks_for_the_purges_alone(office: Office) -> None:
    team = office.house.others.team
    team.does = lambda entry: succeeded("Rien à purger")
    whole = office.begin("scheduler.purge-all")
    office.step()
    assert office.get(whole).state is OperationState.SUCCEEDED
    assert [entry.task_type for entry in team.done] == ["team.purge"]


def test_a_live_message_reaches_every_person_once(office: Office) -> None:
    sent = office.begin("scheduler.live-message", text="Fermeture à 18 h", principals=[])
    office.step()
    office.step()
    done = office.get(sent)
    assert done.outcome is not None
    assert done.outcome.report == "Message envoyé à 3 personne(s) : anne, brian, wolf"
    for name in ("anne", "brian", "wolf"):
        (message,) = office.house.inbox(name)
        assert (message.category, message.subject, message.body) == ("Messages", "Entretien", "Fermeture à 18 h")
    assert office.house.inbox("sales") == []


def test_a_live_message_reaches_those_it_names_and_nobody_twice(office: Office) -> None:
    office.begin("scheduler.live-message", text="Bonjour", principals=["brian", "brian"])
    office.step()
    assert [len(office.house.inbox(name)) for name in ("anne", "brian", "wolf")] == [0, 1, 0]


def test_a_live_message_that_is_only_practised_reaches_nobody(office: Office) -> None:
    sent = office.begin("scheduler.live-message", mode=OperatingMode.TRAINING, text="Bonjour", principals=["brian"])
    office.step()
    done = office.get(sent)
    assert done.outcome is not None
    assert done.outcome.report == "Mode école : message préparé pour 1 personne(s), rien n'a été envoyé : brian"
    assert office.house.inbox("brian") == []


@pytest.mark.parametrize("text", ["", " \n", "x" * 10_001])
def test_a_live_message_says_something_and_no_novel(text: str) -> None:
    with pytest.raises(ValidationError, match="text"):
        LiveMessageOptions(text=text)


def test_a_live_message_to_somebody_unknown_reaches_nobody(office: Office) -> None:
    sent = office.begin("scheduler.live-message", text="Bonjour", principals=["brian", "zoé"])
    office.step()
    done = office.get(sent)
    assert done.error is not None
    assert "options.principals[1]: nobody is called zoé" in done.error.message
    assert office.house.inbox("brian") == []


def test_the_scheduler_offers_its_own_tasks_in_the_seed_s_folders(house: House) -> None:
    assert {each.name: each.folder for each in house.wiring.task_types} == {
        "scheduler.maintenance-all": "Système/Base de données",
        "scheduler.purge-all": "Système/Base de données",
        "scheduler.live-message": "Autres",
    }
    for each in house.wiring.task_types:
        assert house.runtime.texts.get(each.title, "fr")
        assert house.runtime.texts.get(each.description, "en")
    assert {each.name for each in house.wiring.task_types} <= {kind.name for kind in house.wiring.kinds}
