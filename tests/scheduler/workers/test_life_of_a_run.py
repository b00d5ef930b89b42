"""The life of a run, from its start to the inbox, with its crash points."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest

from backroom.delivery.v1 import delivery_pb2
from services.scheduler.domain.runs import AttemptState, Purpose, RunState
from services.scheduler.domain.tasks import Notification, NotifyWhen, RetryPolicy
from tests.scheduler.conftest import House
from tests.scheduler.team import State, Times, failed, refuse, succeeded

NOMINAL = datetime(2024, 12, 31, 23, 30, tzinfo=UTC)  #: half past midnight in Paris
EXPORT: dict[str, Any] = {
    "task_type": "team.export",
    "destination": "destinations/pftp",
    "file_name": "v-{y}{m}{d}-{mag x}.csv",
}
PATIENT = RetryPolicy(max_attempts=2, initial_backoff=timedelta(seconds=30))


def test_a_run_without_files_succeeds_and_its_report_lies_in_the_inbox(house: House) -> None:
    number = house.start(house.task("Correction", options={"method": "transfer"}), NOMINAL)
    house.settle()
    run = house.run(number)
    assert (run.state, run.report, run.failure) == (RunState.SUCCEEDED, "fait", None)
    assert run.start_time
    assert run.end_time
    (entry,) = house.others.team.done
    assert (entry.run, entry.task, entry.owner, entry.locale, entry.time_zone) == (
        run.name,
        run.task_name,
        "anne",
        "fr",
        "Europe/Paris",
    )
    assert entry.nominal_time.ToDatetime(tzinfo=UTC) == NOMINAL
    assert entry.traceparent == run.traceparent
    (message,) = house.inbox("anne")
    assert (message.category, message.subject, message.body, message.error) == (
        "Rapports de tâches",
        "Correction",
        "fait",
        False,
    )
    assert house.journal() == [
        "Demande d'exécution de la tâche automatisée Correction",
        "Exécution de la tâche CRON «Correction» (team.report)",
        "Sortie : fait",
    ]


def test_a_run_without_output_says_so_in_the_words_of_the_manual(house: House) -> None:
    house.others.team.does = lambda entry: succeeded("")
    house.start(house.task())
    house.settle()
    assert house.journal()[-1] == "Sortie : (Aucune sortie)"


def test_files_are_sent_and_the_run_is_delivered(house: House) -> None:
    house.others.team.does = lambda entry: succeeded("deux fichiers", ["a", "b"])
    number = house.start(house.task(**EXPORT), NOMINAL)
    house.settle()
    run = house.run(number)
    assert (run.state, run.report, [file.file_name for file in run.files]) == (
        RunState.DELIVERED,
        "deux fichiers",
        ["a", "b"],
    )
    (sent,) = house.others.carrier.sent
    assert (sent.destination, list(sent.files), sent.run, sent.owner) == (
        "destinations/pftp",
        ["files/a", "files/b"],
        run.name,
        "anne",
    )
    assert house.others.team.done[0].file_name == "v-20250101-{mag x}.csv"
    assert house.inbox("anne")[0].body == "deux fichiers"
    with house.open_work() as work:
        (attempt,) = work.attempts.of_runs([number])[number]
        (sending,) = work.attempts.of_runs([number], Purpose.DELIVERY)[number]
    assert (attempt.state, sending.state) == (AttemptState.SUCCEEDED, AttemptState.SUCCEEDED)


def test_files_left_in_the_spool_leave_the_run_spooled_with_the_cause(house: House) -> None:
    house.others.team.does = lambda entry: succeeded("fait", ["a"])
    house.others.carrier.arrives = lambda request: failed("LEFT_IN_SPOOL", "(530) Non connecté")
    number = house.start(house.task(**EXPORT))
    house.settle()
    run = house.run(number)
    assert run.state is RunState.SPOOLED
    assert run.failure
    assert run.failure.reason == "LEFT_IN_SPOOL"
    (message,) = house.inbox("anne")
    assert message.error
    assert "fait\nLa tâche a renvoyé les erreurs suivantes : Erreur lors de la sauvegarde" in message.body
    assert "(pftp) : (530) Non connecté" in message.body
    assert message.body.endswith("\nLes fichiers restent en attente et seront envoyés ultérieurement.")


def test_files_that_wait_for_a_person_are_not_told_to_go_by_themselves(house: House) -> None:
    house.others.team.does = lambda entry: succeeded("fait", ["a"])
    house.others.carrier.arrives = lambda request: failed("PARKED_IN_SPOOL", "peut-être arrivé\nà vous de décider")
    number = house.start(house.task("Export", **EXPORT))
    house.settle()
    assert house.run(number).state is RunState.SPOOLED
    (message,) = house.inbox("anne")
    assert message.error
    assert message.subject == "Export : fichiers en attente d'une décision"
    assert message.body.endswith("(pftp) : peut-être arrivé\nà vous de décider")


def test_the_answer_of_the_far_server_is_told_whatever_its_reason_is_called(house: House) -> None:
    house.others.team.does = lambda entry: succeeded("fait", ["a"])
    house.others.carrier.arrives = lambda request: failed("UNAVAILABLE", "(530) Non connecté")
    house.start(house.task(**EXPORT))
    house.settle()
    assert "(pftp) : (530) Non connecté" in house.inbox("anne")[0].body


def test_an_unreachable_destination_means_the_work_is_not_begun(house: House) -> None:
    house.others.carrier.unreachable["destinations/pftp"] = delivery_pb2.CheckDestinationResponse(
        reason="NOT_LOGGED_IN",
        message="Le serveur distant a retourné une erreur : (530) Non connecté.",
        remedy="Vérifiez le mot de passe.",
    )
    number = house.start(house.task("Export", **EXPORT))
    house.settle()
    run = house.run(number)
    assert run.state is RunState.NOT_EXECUTED
    assert run.failure
    assert run.failure.reason == "NOT_LOGGED_IN"
    assert house.others.team.asked == []
    assert house.count("attempt") == 0
    (message,) = house.inbox("anne")
    assert message.subject == "Export : non exécutée"
    assert message.body == (
        "La tâche a renvoyé les erreurs suivantes : Erreur lors de la sauvegarde du résultat sur le support choisi"
        " (pftp) : Le serveur distant a retourné une erreur : (530) Non connecté.\nVérifiez le mot de passe."
    )


def test_a_sending_that_is_refused_fails_the_run_since_nothing_waits_in_the_spool(house: House) -> None:
    house.others.team.does = lambda entry: succeeded("fait", ["a"])
    house.others.carrier.before_send = Times(1, refuse(grpc.StatusCode.NOT_FOUND))
    number = house.start(house.task(**EXPORT))
    house.settle()
    run = house.run(number)
    assert run.state is RunState.FAILED
    assert run.failure
    assert run.failure.code == "NOT_FOUND"


def test_a_failed_attempt_is_tried_again_as_the_policy_says(house: House) -> None:
    answers = [failed(), succeeded("enfin")]
    house.others.team.does = lambda entry: answers.pop(0)
    number = house.start(house.task(retry_policy=PATIENT))
    house.worker().drain("runs")
    house.poll()
    run = house.run(number)
    assert run.state is RunState.PENDING
    with house.open_work() as work:
        left = work.connection.exec_driver_sql(
            "SELECT next_attempt_time - now() FROM operation WHERE state = 'queued'"
        ).scalar_one()
    assert timedelta(seconds=25) < left <= timedelta(seconds=30)
    house.settle()
    run = house.run(number)
    assert (run.state, run.report, run.failure) == (RunState.SUCCEEDED, "enfin", None)
    with house.open_work() as work:
        states = [attempt.state for attempt in work.attempts.of_runs([number])[number]]
    assert states == [AttemptState.FAILED, AttemptState.SUCCEEDED]
    assert any(
        line.startswith("La tentative a échoué, nouvel essai dans 30 s : aucune vente") for line in house.journal()
    )


def test_a_run_whose_attempts_all_failed_tells_the_cause(house: House) -> None:
    house.others.team.does = lambda entry: failed()
    number = house.start(house.task("Correction", retry_policy=PATIENT))
    house.settle()
    assert house.run(number).state is RunState.FAILED
    (message,) = house.inbox("anne")
    assert (message.subject, message.body) == (
        "Correction : échec",
        "La tâche a renvoyé les erreurs suivantes : aucune vente",
    )
    assert house.journal()[-1] == "Sortie : La tâche a renvoyé les erreurs suivantes : aucune vente"


def test_what_nobody_is_left_to_be_told_is_told_to_who_keeps_the_system(house: House) -> None:
    house.start(house.task(owner="gone"))
    house.settle()
    assert house.inbox("gone") == []
    assert len(house.inbox("wolf")) == 1


def test_an_entry_that_is_refused_fails_the_run(house: House) -> None:
    number = house.start(house.task(owner="nobody", notification=Notification(principals=["anne"])))
    house.settle()
    run = house.run(number)
    assert run.state is RunState.FAILED
    assert run.failure
    assert (run.failure.code, run.failure.reason) == ("PERMISSION_DENIED", "NOT_ALLOWED")
    assert "nobody, à qui la tâche appartient, n'a pas ou n'a plus le droit" in house.inbox("anne")[0].body


def test_those_named_are_told_each_in_their_language(house: House) -> None:
    house.others.team.does = lambda entry: failed()
    house.start(house.task("T", notification=Notification(principals=["anne", "brian"])))
    house.settle()
    assert house.inbox("anne")[0].category == "Erreurs"
    assert (house.inbox("brian")[0].category, house.inbox("brian")[0].subject) == ("Errors", "T: failed")


@pytest.mark.parametrize(("when", "told"), [(NotifyWhen.ALWAYS, 1), (NotifyWhen.ON_ERROR, 0), (NotifyWhen.NEVER, 0)])
def test_a_run_that_went_well_tells_as_asked(house: House, when: NotifyWhen, told: int) -> None:
    house.start(house.task(notification=Notification(when=when)))
    house.settle()
    assert len(house.inbox("anne")) == told


@pytest.mark.parametrize(("when", "told"), [(NotifyWhen.ALWAYS, 1), (NotifyWhen.ON_ERROR, 1), (NotifyWhen.NEVER, 0)])
def test_a_run_that_failed_tells_as_asked(house: House, when: NotifyWhen, told: int) -> None:
    house.others.team.does = lambda entry: failed()
    house.start(house.task(notification=Notification(when=when)))
    house.settle()
    assert len(house.inbox("anne")) == told


def test_progress_is_shown_while_the_handler_is_at_work(house: House) -> None:
    house.others.team.does = lambda entry: None
    number = house.start(house.task())
    house.work()
    (attempt,) = house.others.team.attempts
    state = State(state=State.STATE_RUNNING)
    state.progress.done, state.progress.total, state.progress.text = 3, 10, "magasin 3"
    house.others.team.finish(attempt, state)
    house.poll()
    progress = house.run(number).progress
    assert progress
    assert (progress.done, progress.total, progress.text) == (3, 10, "magasin 3")
    house.others.team.finish(attempt, succeeded())
    house.settle()
    assert house.run(number).progress is None


def test_a_handler_that_says_strange_things_harms_nobody(house: House) -> None:
    house.others.team.does = lambda entry: None
    strange, other = house.start(house.task()), house.start(house.task())
    house.work()
    first, second = house.others.team.asked
    house.others.team.finish(first, succeeded("f\0ait"))
    house.others.team.finish(second, State(state=State.STATE_FAILED))
    house.others.team.stray = [State(attempt="no uuid", state=State.STATE_SUCCEEDED), State(attempt=first)]
    house.settle()
    assert (house.run(strange).state, house.run(strange).report) == (RunState.SUCCEEDED, "fait")
    assert house.run(other).state is RunState.FAILED
    assert house.inbox("anne")[1].body.endswith(" : le service n'a pas dit pourquoi")


def test_what_a_task_becomes_after_a_run_has_started_does_not_touch_the_run(house: House) -> None:
    answers = [failed(), succeeded()]
    house.others.team.does = lambda entry: answers.pop(0)
    task = house.task(options={"method": "transfer"}, retry_policy=PATIENT)
    number = house.start(task)
    house.worker().drain("runs")
    with house.open_work() as work:
        work.tasks.change(task.number, replace(task.draft, options={"method": "adjustment"}, title="Autre"))
    house.poll()
    house.settle()
    assert house.run(number).state is RunState.SUCCEEDED
    assert [dict(entry.options)["method"] for entry in house.others.team.done] == ["transfer", "transfer"]
