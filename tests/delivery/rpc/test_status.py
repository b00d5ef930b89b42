"""The one table of errors is complete, and so is the catalogue."""

import inspect
from collections.abc import Callable

import pytest

from chassis.errors import BackroomError
from chassis.texts import Texts
from services.delivery.domain import failures
from services.delivery.domain.errors import DeliveryError
from services.delivery.domain.failures import CarryFailed
from services.delivery.rpc.status import STATUS


def leaves(root: type[BackroomError]) -> set[type[BackroomError]]:
    below = root.__subclasses__()
    return set().union(*(leaves(each) for each in below)) if below else {root}


def failures_of_the_module() -> list[type[CarryFailed]]:
    return [
        each
        for _, each in inspect.getmembers(failures, inspect.isclass)
        if issubclass(each, CarryFailed) and not each.__subclasses__()
    ]


def test_every_error_has_its_code() -> None:
    assert set(STATUS) == leaves(DeliveryError)


def test_both_languages_say_the_same() -> None:
    assert Texts.of("services.delivery").differences() == []


@pytest.mark.parametrize("kind", failures_of_the_module(), ids=lambda kind: kind.reason)
def test_every_failure_is_told_with_its_facts_and_what_to_do(kind: type[CarryFailed]) -> None:
    names = [name for name in inspect.signature(kind.__init__).parameters if name != "self"]
    numbers = {"port", "sent", "arrived"}
    make: Callable[..., CarryFailed] = kind  # each has its own facts
    error = make(*(7 if name in numbers else f"<{name}>" for name in names))
    texts = Texts.of("services.delivery")
    for locale in ("fr", "en"):
        message = texts.get(f"failure.{error.reason}.message", locale, **error.facts)
        assert all(f"<{name}>" in message for name in names if name not in numbers | {"port"})
        assert texts.get(f"failure.{error.reason}.remedy", locale, **error.facts)


def test_the_catalogue_holds_no_failure_that_is_gone() -> None:
    told = {key.split(".")[1] for key in sorted(Texts.of("services.delivery").keys()) if key.startswith("failure.")}
    assert told == {kind.reason for kind in failures_of_the_module()}
