"""The independent computation itself, on chains small enough to be checked by hand."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from console.demo.facts import (
    Brand,
    Catalogue,
    Client,
    DefectivesPolicy,
    Line,
    Model,
    Receipt,
    Store,
    Supplier,
    Ticket,
)
from tests.journeys.expectation_costs import CostBook
from tests.journeys.expectation_facts import NOT_SOLD, POSTED, SHORT, UNKNOWN_CODE, LineName, Place
from tests.journeys.expectation_files import exported
from tests.journeys.expectation_goods import Chain
from tests.journeys.expectation_people import linked_stores, mailed

MONDAY = date(2017, 1, 2)
TONIGHT = date(2026, 5, 4)
EURO = 1_000_000
DESTROYED, SENT_BACK, IGNORED, SHARED = "10", "20", "30", "40"  #: items, by what is done with defectives


def catalogue() -> Catalogue:
    suppliers = (
        Supplier(code="1", display_name="", policy=DefectivesPolicy.ADJUSTMENT),
        Supplier(code="2", display_name="", policy=DefectivesPolicy.SUPPLIER_RETURN),
        Supplier(code="3", display_name="", policy=DefectivesPolicy.NONE),
    )
    brands = tuple(
        Brand(code=item, display_name="", suppliers=of)
        for item, of in ((DESTROYED, ("1",)), (SENT_BACK, ("2",)), (IGNORED, ("3",)), (SHARED, ("1", "2")))
    )
    return Catalogue(
        stores=tuple(Store(code=code, display_name="", voucher_prefix=f"00{code}") for code in "123"),
        suppliers=suppliers,
        brands=brands,
        models=tuple(model(brand.code) for brand in brands),
    )


def model(code: str) -> Model:
    return Model(
        code=code,
        display_name="",
        brand=code,
        family="",
        subfamily="",
        collection="2017-T1",
        vat_rate="20",
        stocked=True,
    )


def receipt(store: str, units: int, item: str = DESTROYED, cost: int = 10_000) -> Receipt:
    return Receipt(
        receipt_id=f"{store}-{item}",
        store=store,
        item=item,
        quantity=units,
        unit_cost=cost,
        business_date=MONDAY - timedelta(days=1),
    )


def line(quantity: int, item: str = DESTROYED, *, of: str = "", defective: bool = False) -> Line:
    return Line(
        item=item,
        label="",
        quantity=quantity,
        amount=100 * quantity,
        discount=0,
        vat_rate="20",
        returned_ticket=of,
        defective=defective,
    )


def ticket(store: str, number: int, *lines: Line, day: int = 0, client: str = "7") -> Ticket:
    return Ticket(
        store=store,
        register=1,
        number=number,
        business_date=MONDAY + timedelta(days=day),
        close_time=datetime(2017, 1, 2, 12, tzinfo=UTC) + timedelta(days=day, minutes=number),
        client=client,
        cashier="",
        means="CB",
        lines=lines,
    )


def posted(receipts: Iterable[Receipt], *tickets: Ticket) -> Chain:
    chain = Chain(catalogue(), receipts, tickets)
    chain.post()
    return chain


def outcomes(chain: Chain) -> list[str]:
    return [chain.outcome[sold.name] for sold in chain.lines]


def test_a_line_is_posted_in_full_or_says_why_and_stops_no_other() -> None:
    chain = posted(
        [receipt("1", 2)], ticket("1", 1, line(3), line(2)), ticket("1", 2, line(1, "unknown"), line(0), line(-1))
    )
    assert outcomes(chain) == [SHORT, POSTED, UNKNOWN_CODE, POSTED, POSTED]
    assert chain.levels() == {Place("1", DESTROYED): 1}
    assert set(chain.stage().tickets.values()) == {"in_error"}


def test_what_comes_back_was_sold_before_in_the_store_or_by_the_ticket_named() -> None:
    sale = ticket("1", 1, line(1))
    chain = posted(
        [receipt("1", 5), receipt("2", 5)],
        sale,
        ticket("1", 2, line(-1, of=sale.name)),
        ticket("1", 3, line(-1, of=sale.name)),
        ticket("1", 4, line(-1)),
        ticket("2", 5, line(-1), line(1)),
    )
    assert outcomes(chain) == [POSTED, POSTED, NOT_SOLD, NOT_SOLD, NOT_SOLD, POSTED]


def test_donors_give_in_the_order_of_their_numbers_what_their_own_lines_do_not_ask_for() -> None:
    # Store 2 keeps its 3 for a line of 9 that nobody can cover; store 3 has 2 to give.
    chain = posted(
        [receipt("2", 3), receipt("3", 2)],
        ticket("1", 1, line(2), day=1),
        ticket("2", 2, line(9)),
    )
    assert outcomes(chain) == [SHORT, SHORT]
    totals = chain.correct()
    assert (totals.transferred, totals.remaining) == (2, 1)
    (transfer,) = chain.transfers
    assert (transfer.donor, transfer.receiver, transfer.units) == ("3", "1", 2)
    assert transfer.business_date == MONDAY + timedelta(days=1)
    assert chain.levels() == {Place("2", DESTROYED): 3}


def test_the_earliest_sale_is_covered_first_and_nothing_moves_for_one_that_cannot_be() -> None:
    chain = posted([receipt("3", 1)], ticket("2", 2, line(1)), ticket("1", 1, line(1)), ticket("1", 3, line(5)))
    totals = chain.correct()
    assert (totals.transferred, totals.remaining) == (1, 2)
    assert [transfer.receiver for transfer in chain.transfers] == ["1"]
    assert outcomes(chain) == [POSTED, SHORT, SHORT]


def test_a_transfer_is_dated_on_the_stores_first_day_in_error() -> None:
    chain = posted(
        [receipt("2", 1)], ticket("1", 1, line(1, "unknown")), ticket("1", 2, line(1), day=3), ticket("2", 9, line(0))
    )
    assert chain.correct().reassigned == 1
    assert [transfer.business_date for transfer in chain.transfers] == [MONDAY]
    assert set(chain.stage().days.values()) == {"up_to_date"}


def test_what_came_back_without_a_sale_is_credited_and_can_be_sold() -> None:
    chain = posted([], ticket("1", 1, line(1)), ticket("1", 2, line(-1, of="tickets/1-1-99")))
    totals = chain.correct()
    assert (totals.credited, totals.transferred, totals.remaining) == (1, 0, 0)
    assert chain.levels() == {}


def test_vouchers_are_numbered_per_store_from_the_receipt_on() -> None:
    chain = posted(
        [receipt("1", 1), receipt("3", 1), receipt("2", 1, SENT_BACK)],
        ticket("2", 1, line(2)),
    )
    chain.correct()
    assert [(bon.name, bon.type, bon.donor, bon.units, bon.cents) for bon in chain.vouchers] == [
        ("001-000001", "REC", "", 1, 100),
        ("002-000001", "REC", "", 1, 100),
        ("003-000001", "REC", "", 1, 100),
        ("002-000002", "TRF", "1", 1, 100),
        ("002-000003", "TRF", "3", 1, 100),
    ]


def test_defectives_leave_by_the_suppliers_policy_and_brands_of_several_suppliers_are_passed_over() -> None:
    sold = [
        ticket("1", number, line(1, item)) for number, item in enumerate((DESTROYED, SENT_BACK, IGNORED, SHARED), 1)
    ]
    back = [ticket("1", 10 + sale.number, line(-1, sale.lines[0].item, of=sale.name, defective=True)) for sale in sold]
    chain = posted([receipt("1", 1, item) for item in (DESTROYED, SENT_BACK, IGNORED, SHARED)], *sold, *back)
    chain.clear_defectives(TONIGHT)
    made = [bon for bon in chain.vouchers if bon.type != "REC"]
    assert [(bon.name, bon.type, bon.supplier, bon.units, bon.business_date) for bon in made] == [
        ("001-000002", "BDD", "", -1, TONIGHT),
        ("001-000003", "RFD", "2", -1, TONIGHT),
    ]
    assert chain.treated == [(LineName(back[0].name, 1), "001-000002"), (LineName(back[1].name, 1), "001-000003")]
    assert chain.levels() == {Place("1", IGNORED): 1, Place("1", SHARED): 1}


def test_what_came_back_unsaleable_lies_aside_until_it_leaves_and_one_of_a_ticket_in_error_waits() -> None:
    sale = ticket("1", 1, line(1), line(1, SENT_BACK))
    back = ticket("1", 2, line(-1, of=sale.name, defective=True))
    wrong = ticket("1", 4, line(-1, SENT_BACK, of=sale.name, defective=True), line(1, "unknown"))
    sold = [ticket("1", 3, line(1)), ticket("1", 5, line(1, SENT_BACK)), ticket("2", 6, line(1))]
    chain = posted([receipt("1", 1), receipt("1", 1, SENT_BACK)], sale, back, wrong, *sold)
    assert outcomes(chain) == [POSTED, POSTED, POSTED, SHORT, POSTED, UNKNOWN_CODE, SHORT, SHORT]
    chain.clear_defectives(TONIGHT)
    assert chain.treated == [(LineName(back.name, 1), "001-000002")]
    totals = chain.correct()
    assert (totals.transferred, totals.remaining) == (0, 3)
    assert chain.levels() == {Place("1", SENT_BACK): 1}


def test_unsaleable_goods_that_nobody_will_clear_are_sold_like_others() -> None:
    sale = ticket("1", 1, line(1, IGNORED), line(1, SHARED))
    back = ticket("1", 2, *(line(-1, item, of=sale.name, defective=True) for item in (IGNORED, SHARED)))
    again = ticket("1", 3, line(1, IGNORED), line(1, SHARED))
    chain = posted([receipt("1", 1, IGNORED), receipt("1", 1, SHARED)], sale, back, again)
    assert set(outcomes(chain)) == {POSTED}
    assert chain.levels() == {}


def test_the_pamp_averages_receipts_and_stays_when_goods_leave() -> None:
    book = CostBook()
    assert book.receive("m", 10, 10 * EURO) == 100_00
    assert book.receive("m", 10, 20 * EURO) == 200_00
    assert book.held["m"].pamp == 15 * EURO
    assert book.issue("m", 15) == 225_00
    assert (book.held["m"].units, book.held["m"].cents, book.held["m"].pamp) == (5, 75_00, 15 * EURO)


def test_the_last_unit_takes_the_residue_and_values_round_half_to_even() -> None:
    book = CostBook()
    assert book.receive("m", 3, 333_500) == 100  # 1.0005
    assert [book.issue("m", 1) for _ in range(3)] == [33, 33, 34]
    assert (book.held["m"].cents, book.held["m"].pamp) == (0, 333_500)
    assert book.receive("even", 1, 25_000) == 2  # 2.5 cents
    assert book.receive("odd", 1, 35_000) == 4  # 3.5 cents


def test_a_client_belongs_to_the_store_of_most_of_the_last_ten_tickets_and_ties_go_to_the_latest() -> None:
    old = [ticket("3", number) for number in range(1, 30)]
    recent = [ticket("12"[number % 2], number, day=1) for number in range(30, 40)]
    assert linked_stores([*old, *recent]) == {"7": "2"}
    assert linked_stores([*old, *recent, ticket("3", 99, client="", day=2)]) == {"7": "2"}
    assert linked_stores(old[:9]) == {"7": "3"}


def test_tickets_are_mailed_in_time_to_clients_who_agreed_up_to_the_limit() -> None:
    agreed = Client(
        code="7",
        title="",
        family_name="",
        given_name="",
        phone="",
        mobile="",
        email="seven@example.test",
        street="",
        postcode="",
        city="",
        card_number="",
        visits=0,
        articles=0,
        spent=0,
        points=0,
        takes_tickets_by_email=True,
        joined=datetime(2016, 1, 1, tzinfo=UTC),
    )
    clients = [agreed, replace(agreed, code="8", takes_tickets_by_email=False)]
    tickets = [
        ticket("1", 3),
        ticket("1", 2),
        ticket("1", 1),
        ticket("1", 4, client="8"),
        ticket("1", 5, client=""),
        ticket("1", 6, day=1),
    ]
    states = {**dict.fromkeys((each.name for each in tickets), "validated"), "tickets/1-1-1": "in_error"}
    mails, left = mailed(tickets, states, clients, MONDAY, MONDAY, 5)
    assert mails == (("tickets/1-1-2", "seven@example.test"), ("tickets/1-1-3", "seven@example.test"))
    assert left == {"no_consent": 1, "walk_in": 1}
    assert mailed(tickets, states, clients, MONDAY, MONDAY, 1)[0] == mails[:1]


def test_the_export_says_how_each_line_stands() -> None:
    sold = ticket("1", 1, line(-2))
    rows = exported([sold], {LineName(sold.name, 1): NOT_SOLD}, MONDAY, MONDAY)
    assert rows == {
        "1": (
            (
                *("2017-01-02", "1", "1", "1", "12:01:00", "7", DESTROYED, ""),
                *("-2", "-2.00", "0.00", "20", "retour sans vente"),
            ),
        )
    }
    assert exported([sold], {}, MONDAY + timedelta(days=1), MONDAY + timedelta(days=1)) == {}
