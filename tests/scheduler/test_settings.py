"""What a process of the scheduler is told."""

import pytest
from pydantic import ValidationError

from services.scheduler.settings import SchedulerSettings

NEEDED = {"database_url": "postgresql://x@127.0.0.1/x", "broker_url": "redis://127.0.0.1:1/0"}


def told(**more: str) -> SchedulerSettings:
    return SchedulerSettings.model_validate(NEEDED | more)


def test_our_services_are_handlers_at_their_usual_addresses() -> None:
    assert told().handler_addresses() == {
        "sales": "127.0.0.1:50053",
        "clients": "127.0.0.1:50054",
        "mail": "127.0.0.1:50055",
        "delivery": "127.0.0.1:50052",
        "scheduler": "127.0.0.1:50051",
    }


def test_another_team_names_its_address() -> None:
    addresses = told(handlers="sales, price-tags=10.0.0.7:6000").handler_addresses()
    assert addresses == {"sales": "127.0.0.1:50053", "price-tags": "10.0.0.7:6000"}


@pytest.mark.parametrize("handlers", ["stocks", "stocks=nowhere", "Sales=127.0.0.1:1", "sales,,mail", ""])
def test_a_handler_that_cannot_be_reached_as_written_is_refused(handlers: str) -> None:
    with pytest.raises(ValidationError):
        told(handlers=handlers)


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="Europe/Paris"):
        told(time_zone="Europe/Lutece")
