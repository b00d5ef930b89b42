"""The night of `make run` on a small slice, every figure against an independent computation."""

from collections import Counter
from decimal import Decimal

import pytest

from backroom.clients.v1 import clients_pb2
from backroom.delivery.v1 import delivery_pb2
from backroom.mail.v1 import mail_pb2
from backroom.sales.v1 import sales_pb2
from backroom.scheduler.v1 import scheduler_pb2
from console.demo.tonight import TICKETS_MAILED
from tests.journeys.expectation import expect
from tests.journeys.expectation_facts import (
    NOT_SOLD,
    POSTED,
    SHORT,
    UNKNOWN_CODE,
    UP_TO_DATE,
    VALIDATED,
    WRONG_DAY,
    WRONG_TICKET,
    Cost,
    Day,
    Expected,
    LineName,
)
from tests.journeys.expectation_files import HEADER
from tests.journeys.night import Night, well
from tests.journeys.shown import as_row, list_tickets, list_vouchers, message, moved, rows_of, stock, to_date

CORRECTION, DEFECTIVES, EXPORT_BY_STORE, EXPORT, LINKED, MAILED = range(6)  #: tonight's tasks, in their order
PROBLEMS = {
    sales_pb2.TicketLine.PROBLEM_UNSPECIFIED: POSTED,
    sales_pb2.TicketLine.PROBLEM_UNKNOWN_CODE: UNKNOWN_CODE,
    sales_pb2.TicketLine.PROBLEM_INSUFFICIENT_STOCK: SHORT,
    sales_pb2.TicketLine.PROBLEM_RETURN_WITHOUT_SALE: NOT_SOLD,
}
TICKET_STATES = {sales_pb2.Ticket.STATE_VALIDATED: VALIDATED, sales_pb2.Ticket.STATE_IN_ERROR: WRONG_TICKET}
DAY_STATES = {sales_pb2.SalesDay.STATE_UP_TO_DATE: UP_TO_DATE, sales_pb2.SalesDay.STATE_IN_ERROR: WRONG_DAY}


@pytest.fixture(scope="module")
def expected(night: Night, runs: list[scheduler_pb2.Run]) -> Expected:
    chosen = night.chosen
    return expect(
        night.dataset,
        export_dates=chosen.business_days,
        tickets_first_date=chosen.last_day,
        tickets_last_date=chosen.last_day,
        limit=TICKETS_MAILED,
        tonight=night.day,
    )


def test_the_slice_has_everything_that_a_night_can_meet(expected: Expected) -> None:
    problems = set(expected.posted.lines.values())
    assert problems == {POSTED, SHORT, UNKNOWN_CODE, NOT_SOLD}
    assert {voucher.type for voucher in expected.vouchers} == {"REC", "TRF", "BDD", "RFD"}
    assert set(expected.corrected.days.values()) == {UP_TO_DATE, WRONG_DAY}
    assert expected.totals.remaining
    assert expected.totals.reassigned
    assert expected.totals.credited
    assert expected.mails
    assert expected.unmailed["no_consent"]


def test_every_run_succeeded_at_its_first_attempt_in_the_order_of_the_tasks(runs: list[scheduler_pb2.Run]) -> None:
    assert well(runs), [(run.task_title, run.state, run.error) for run in runs]
    assert len(runs) == 6
    assert all([attempt.number for attempt in run.attempts] == [1] for run in runs)
    ends = [run.end_time.ToNanoseconds() for run in runs]
    starts = [run.start_time.ToNanoseconds() for run in runs]
    assert all(end <= start for end, start in zip(ends, starts[1:], strict=False))


def test_every_line_and_ticket_stands_as_computed(night: Night, expected: Expected) -> None:
    lines: dict[LineName, str] = {}
    tickets: dict[str, str] = {}
    for name in expected.corrected.tickets:
        ticket = night.connection.sales.GetTicket(sales_pb2.GetTicketRequest(name=name))
        tickets[name] = TICKET_STATES[ticket.state]
        for number, line in enumerate(ticket.lines, 1):
            assert line.posted == (line.problem == sales_pb2.TicketLine.PROBLEM_UNSPECIFIED)
            lines[LineName(name, number)] = PROBLEMS[line.problem]
    assert tickets == expected.corrected.tickets
    assert lines == expected.corrected.lines
    assert len(list_tickets(night)) == len(tickets)


def test_what_posting_alone_could_do_is_what_no_correction_touched(night: Night, expected: Expected) -> None:
    """Lines posted at once, and the problems of the others, from what the correction left written beside them."""
    corrected = {
        LineName(f"tickets/{ticket}", number)
        for ticket, number in night.rows(
            "sales",
            "SELECT concat(store.code, '-', register, '-', ticket.number), line_posting.number FROM line_posting"
            " JOIN ticket ON ticket.id = ticket_id JOIN store ON store.id = store_id"
            " WHERE line_posting.operation_id IS NOT NULL OR NOT posted",
        )
        if isinstance(number, int)
    }
    assert corrected == {line for line, problem in expected.posted.lines.items() if problem != POSTED}


def test_sales_of_unknown_codes_were_given_to_the_subfamily(night: Night, expected: Expected) -> None:
    given = night.rows("sales", "SELECT subfamily, count(*) FROM line_posting WHERE subfamily IS NOT NULL GROUP BY 1")
    assert given == [("ZZZ Divers", expected.totals.reassigned)]


def test_every_sales_day_stands_as_computed(night: Night, expected: Expected) -> None:
    days = {
        Day(to_date(day.business_date), day.store, day.register): day
        for day in night.connection.sales.ListSalesDays(sales_pb2.ListSalesDaysRequest(page_size=1000)).sales_days
    }
    assert {name: DAY_STATES[day.state] for name, day in days.items()} == expected.corrected.days
    tickets, wrong = Counter[Day](), Counter[Day]()
    for ticket in night.dataset.tickets():
        name = Day(ticket.business_date, ticket.store, ticket.register)
        tickets[name] += 1
        wrong[name] += expected.corrected.tickets[ticket.name] == WRONG_TICKET
    assert {name: day.ticket_count for name, day in days.items()} == tickets
    assert {name: day.error_count for name, day in days.items()} == wrong


def test_the_reports_are_in_the_seeds_words(night: Night, expected: Expected, runs: list[scheduler_pb2.Run]) -> None:
    assert message(night, runs[CORRECTION]).splitlines() == list(expected.correction_report)
    assert message(night, runs[DEFECTIVES]).splitlines() == list(expected.defectives_report)
    linked = f"Nombre de familles clients à mettre à jour : {len(expected.linked_stores)}"
    assert linked in message(night, runs[LINKED]).splitlines()
    assert f"Tickets envoyés par mail : {len(expected.mails)}" in message(night, runs[MAILED]).splitlines()


def test_stock_stands_as_computed_at_each_stage(night: Night, expected: Expected) -> None:
    """What the movements of each stage add up to; the levels say the same as all of them together."""
    opening = moved(night, "voucher.type = 'REC'")
    assert opening == expected.opening
    at_once = (
        "stock_movement.ticket_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM line_posting AS by WHERE by.operation_id"
        " IS NOT NULL AND (by.ticket_id, by.number) = (stock_movement.ticket_id, stock_movement.ticket_line))"
    )
    assert moved(night, f"voucher.type = 'REC' OR {at_once}") == expected.posted.stock
    assert moved(night, "voucher.type IN ('REC', 'TRF') OR stock_movement.ticket_id IS NOT NULL") == (
        expected.corrected.stock
    )
    assert moved(night, "true") == expected.stock
    assert stock(night) == expected.stock


def test_nothing_was_lost_or_made_on_the_way(night: Night, expected: Expected) -> None:
    """Over the whole chain: what came in, less what was sold, plus what came back, less what was cleared."""
    stocked = {model.code for model in night.dataset.catalogue().models if model.stocked}
    sold = sum(
        line.quantity
        for ticket in night.dataset.tickets()
        for number, line in enumerate(ticket.lines, 1)
        if line.item in stocked and expected.corrected.lines[LineName(ticket.name, number)] == POSTED
    )
    cleared = sum(bon.units for bon in expected.vouchers if bon.type in ("BDD", "RFD"))
    assert sum(stock(night).values()) == sum(expected.opening.values()) - sold + cleared
    transfers = [bon.units for bon in expected.vouchers if bon.type == "TRF"]
    assert sum(transfers) == expected.totals.transferred
    by_transfer = moved(night, "voucher.type = 'TRF'")
    assert sum(by_transfer.values()) == 0


def test_a_defective_unit_is_sold_comes_back_and_is_cleared_minus_one_in_all(night: Night, expected: Expected) -> None:
    quantities = {
        LineName(ticket.name, number): (ticket.store, line)
        for ticket in night.dataset.tickets()
        for number, line in enumerate(ticket.lines, 1)
    }
    for name, voucher in expected.defectives:
        store, back = quantities[name]
        sale = sum(
            line.quantity
            for (ticket, _), (_, line) in quantities.items()
            if (ticket, line.item) == (back.returned_ticket, back.item)
        )
        (cleared,) = night.rows(
            "sales",
            "SELECT stock_movement.quantity FROM stock_movement JOIN voucher ON voucher.id = voucher_id"
            " JOIN store ON store.id = stock_movement.store_id JOIN item ON item.id = item_id"
            f" WHERE concat(prefix, '-', lpad(voucher.number::text, 6, '0')) = '{voucher}'"
            f" AND store.code = '{store}' AND item.code = '{back.item}'",
        )
        assert (-sale, -back.quantity, cleared[0]) == (-1, 1, -1)


def test_transfers_are_those_computed(night: Night, expected: Expected) -> None:
    found = night.rows(
        "sales",
        "SELECT donor.code, store.code, item.code, voucher_line.quantity, business_date FROM voucher_line"
        " JOIN voucher ON voucher.id = voucher_id JOIN store ON store.id = store_id"
        " JOIN store AS donor ON donor.id = donor_store_id JOIN item ON item.id = item_id WHERE type = 'TRF'",
    )
    assert Counter(found) == Counter(map(as_row, expected.transfers))


def test_vouchers_are_those_computed_and_numbered_without_gaps(night: Night, expected: Expected) -> None:
    assert sorted(list_vouchers(night), key=lambda bon: bon.name) == list(expected.vouchers)
    last: dict[str, int] = {}
    for bon in expected.vouchers:
        prefix, number = bon.name.split("-")
        assert int(number) == last.get(prefix, 0) + 1
        last[prefix] = int(number)


def test_the_pamp_and_value_of_every_model_are_those_computed(night: Night, expected: Expected) -> None:
    found = {
        model: Cost(units=int(units), cents=int(value * 100), pamp=int(cost * 1_000_000))
        for model, units, value, cost in night.rows(
            "sales", "SELECT code, quantity, value, cost FROM model_cost JOIN model ON model.id = model_id"
        )
        if isinstance(units, Decimal) and isinstance(value, Decimal) and isinstance(cost, Decimal)
    }
    assert found == expected.costs


def test_each_stores_export_arrived_with_every_row(night: Night, expected: Expected) -> None:
    folder = night.far_ends["destinations/siege-sftp"]
    found = {path.name: rows_of(path.read_bytes()) for path in folder.iterdir()}
    day = f"{night.day:%Y%m%d}"
    assert found == {f"ventes-{day}-{store}.csv": [HEADER, *rows] for store, rows in expected.exports.items()}
    amounts = sum(Decimal(row[9]) for rows in expected.exports.values() for row in rows)
    assert amounts * 100 == sum(ticket.total for ticket in night.dataset.tickets())


def test_the_chains_export_arrived_with_every_row(night: Night, expected: Expected) -> None:
    folder = night.far_ends["destinations/comptabilite"]
    stores = sorted(expected.exports, key=int)
    assert {path.name: rows_of(path.read_bytes()) for path in folder.iterdir()} == {
        f"ventes-{night.day:%Y%m%d}.csv": [HEADER, *(row for store in stores for row in expected.exports[store])]
    }


def test_delivery_says_of_every_file_that_it_arrived(night: Night, runs: list[scheduler_pb2.Run]) -> None:
    files = night.connection.delivery.ListFiles(delivery_pb2.ListFilesRequest(page_size=1000)).files
    assert {file.state for file in files} == {delivery_pb2.File.STATE_DELIVERED}
    manifest = {file.name for run in runs for file in run.files}
    assert {file.file.name for file in files} == manifest
    for file in files:
        arrived = night.far_ends[file.destination] / file.file.file_name
        assert arrived.stat().st_size == file.file.size_bytes


def test_each_client_is_linked_to_the_store_computed(night: Night, expected: Expected) -> None:
    found: dict[str, str] = {}
    token = ""
    while True:
        page = night.connection.clients.ListClients(clients_pb2.ListClientsRequest(page_size=1000, page_token=token))
        found.update({client.code: client.store for client in page.clients})
        token = page.next_page_token
        if not token:
            break
    assert set(found) == {client.code for client in night.dataset.clients()}
    assert {client: store for client, store in found.items() if store} == expected.linked_stores


def test_each_consenting_clients_ticket_was_mailed_once(night: Night, expected: Expected) -> None:
    assert night.received() == sorted(expected.mails)
    mails = night.mails()
    assert {mail.state for mail in mails} == {mail_pb2.Mail.STATE_SENT}
    assert sorted((mail.ticket, *mail.recipients) for mail in mails) == sorted(expected.mails)
