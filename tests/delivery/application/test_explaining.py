"""Failures in words, those included that another release has stored."""

import pytest

from chassis.texts import Texts
from services.delivery.application.explaining import explain
from services.delivery.domain.spool import Failure


@pytest.mark.parametrize("locale", ["fr", "en"])
@pytest.mark.parametrize(
    "failure",
    [
        Failure(reason="EATEN_BY_A_GRUE", facts={}),
        Failure(reason="TIMED_OUT", facts={"host": "a", "port": "1", "phase": "a phase of another release"}),
        Failure(reason="UNKNOWN_HOST", facts={}),
    ],
)
def test_what_another_release_has_stored_is_told_by_its_reason(failure: Failure, locale: str) -> None:
    told = explain(Texts.of("services.delivery"), locale, failure)
    assert told.reason == failure.reason
    assert failure.reason in told.message
    assert told.remedy
