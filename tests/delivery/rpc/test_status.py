"""The one table of errors is complete, and so is the catalogue."""

import inspect
from collections.abc import Callable
from typing import get_args

import pytest

from chassis.errors import BackroomError
from chassis.texts import Texts
from services.delivery.application.explaining import explain, failure_of
from services.delivery.domain import warnings
from services.delivery.domain.errors import DeliveryError
from services.delivery.domain.failures import CarryFailed, Phase, TimedOut
from services.delivery.rpc.status import STATUS


def leaves(root: type[BackroomError]) -> set[type[BackroomError]]:
    below = root.__subclasses__()
    return set().union(*(leaves(each) for each in below)) if below else {root}


def failures() -> list[type[CarryFailed]]:
    return sorted((each for each in leaves(CarryFailed) if issubclass(each, CarryFailed)), key=lambda each: each.reason)


def test_every_error_has_its_code() -> None:
    assert set(STATUS) == leaves(DeliveryError)


def test_both_languages_say_the_same() -> None:
    assert Texts.of("services.delivery").differences() == []


@pytest.mark.parametrize("kind", failures(), ids=lambda kind: kind.reason)
def test_every_failure_is_told_with_its_facts_and_what_to_do(kind: type[CarryFailed]) -> None:
    names = [name for name in inspect.signature(kind.__init__).parameters if name != "self"]
    numbers = {"port", "sent", "arrived", "size", "most"}
    make: Callable[..., CarryFailed] = kind  # each has its own facts
    error = make(*(7 if name in numbers else f"<{name}>" for name in names))
    texts = Texts.of("services.delivery")
    for locale in ("fr", "en"):
        message = texts.get(f"failure.{error.reason}.message", locale, **error.facts)
        assert all(f"<{name}>" in message for name in error.facts if name not in numbers)
        assert texts.get(f"failure.{error.reason}.remedy", locale, **error.facts)


def test_what_a_server_was_silent_to_is_told_in_the_readers_words() -> None:
    texts = Texts.of("services.delivery")
    phases = {key.removeprefix("phase.") for key in sorted(texts.keys()) if key.startswith("phase.")}
    assert phases == set(get_args(Phase))
    silence = explain(texts, "fr", failure_of(TimedOut("bank.example", 22, "greeting")))
    assert silence.message == "Le serveur bank.example:22 n'a pas répondu à temps (à l'ouverture de la session)."


def test_the_catalogue_holds_no_failure_that_is_gone() -> None:
    told = {key.split(".")[1] for key in sorted(Texts.of("services.delivery").keys()) if key.startswith("failure.")}
    assert told == {kind.reason for kind in failures()}


def test_every_warning_is_told() -> None:
    known = {value for name, value in vars(warnings).items() if name.isupper()} | {"warning.LEGACY_MAIL_SERVER"}
    assert known == {key for key in sorted(Texts.of("services.delivery").keys()) if key.startswith("warning.")}
