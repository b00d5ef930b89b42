"""The journeys that a broker can break, on RabbitMQ: the night, replicas, the broker's death with its data gone."""

from pathlib import Path

import pytest

from tests.journeys.fingerprint import Fingerprint
from tests.journeys.night import Night, well
from tests.journeys.test_nights_with_deaths import while_a_handler_works
from tests.journeys.test_replicas import (  # noqa: F401  # collected here once more, with the night of these tests
    test_two_planners_and_two_workers_run_five_hundred_tasks_due_at_once_once_each,
)
from tests.journeys.test_the_night import (  # noqa: F401  # collected here once more, with the night of these tests
    expected,
    test_delivery_says_of_every_file_that_it_arrived,
    test_each_consenting_clients_ticket_was_mailed_once,
    test_every_line_and_ticket_stands_as_computed,
    test_every_run_succeeded_at_its_first_attempt_in_the_order_of_the_tasks,
    test_every_sales_day_stands_as_computed,
    test_nothing_was_lost_or_made_on_the_way,
    test_the_chains_export_arrived_with_every_row,
)
from tests.servers.rabbitmq import RabbitServer


@pytest.mark.timeout(300)
def test_the_morning_after_the_broker_died_and_forgot_everything_is_the_morning_after_a_quiet_night(
    undisturbed: Fingerprint, rabbitmq: RabbitServer, on_rabbitmq: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    with Night(tmp_path, settings=on_rabbitmq, fast=True) as night:
        night.load()
        night.fire()
        while_a_handler_works(night)
        rabbitmq.kill()
        rabbitmq.forget()
        rabbitmq.start()
        runs = night.wait()
        left = night.fingerprint()
    assert well(runs), [(run.task_title, run.state, run.error) for run in runs]
    for name, rows in undisturbed.items():
        assert left[name] == rows, name
