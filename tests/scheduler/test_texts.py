"""The scheduler's texts."""

from chassis.texts import Texts
from services.scheduler.domain.runs import ENDED, RunState
from services.scheduler.domain.telling import CAUSES


def test_both_languages_say_the_same_and_know_every_end_of_a_run() -> None:
    texts = Texts.of("services.scheduler")
    assert texts.differences() == []
    ends = {state.value for state in ENDED - {RunState.SKIPPED}}  # nothing skips a run yet
    assert {f"inbox.subject.{end}" for end in ends} <= texts.keys()


def test_both_languages_have_a_sentence_for_every_cause_that_the_machinery_gives() -> None:
    known = Texts.of("services.scheduler").keys()
    assert set(CAUSES.values()) == {key for key in known if key.startswith("cause.")}
