from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from chassis.errors import FieldProblem, InvalidInput
from services.sales.application.import_stock import Received
from services.sales.domain.catalogue import ItemFacts
from services.sales.domain.errors import DayClosed
from services.sales.domain.states import DefectivesPolicy
from tests.sales.chain import DAY, Chain, line, model, store, ticket


def fields(refusal: pytest.ExceptionInfo[InvalidInput]) -> list[str]:
    return [problem.field for problem in refusal.value.problems]


def test_a_catalogue_that_comes_again_changes_nothing(chain: Chain) -> None:
    told = chain.catalogue(stores=[store("1")], models=[model("A")])
    assert (told.changed, told.unchanged) == (0, 4)


def test_what_comes_replaces_what_is_there_and_leaves_the_rest(chain: Chain) -> None:
    renamed = replace(model("A"), display_name="Pain", collection="2017-T2")
    told = chain.catalogue(stores=[store("9")], models=[renamed], policy=DefectivesPolicy.NONE)
    assert (told.changed, told.unchanged) == (3, 1)
    assert chain.query("SELECT code, display_name, collection FROM model ORDER BY code") == [
        ("A", "Pain", "2017-T2"),
        ("C", "Model C", "2017-T1"),
        ("FUEL", "Model FUEL", "2017-T1"),
    ]


def test_the_components_of_a_kit_are_replaced_as_a_whole(chain: Chain) -> None:
    chain.catalogue(models=[model("K", parts={"A": 2, "C": 1})])
    chain.catalogue(models=[model("K", parts={"A": 3})])
    assert chain.query("SELECT quantity FROM kit_component") == [(Decimal(3),)]


def test_what_a_row_names_must_be_there(chain: Chain) -> None:
    with pytest.raises(InvalidInput) as refusal:
        chain.catalogue(
            models=[
                model("N"),
                replace(model("X", parts={"?": 1}), brand="?"),
                replace(model("Y"), items=model("A").items),
            ]
        )
    assert fields(refusal) == ["models[1].brand", "models[1].components[0].item", "models[2].items[0].code"]
    assert chain.query("SELECT count(*) FROM model WHERE code = 'N'") == [(0,)]


def test_a_store_with_stock_stays_in_its_legal_entity_and_prefixes_are_nobody_elses(chain: Chain) -> None:
    chain.receive(("1", "A", 1))
    with pytest.raises(InvalidInput) as refusal:
        chain.catalogue(stores=[store("1", entity="OTHER"), replace(store("8"), voucher_prefix="002")])
    assert fields(refusal) == ["stores[0].legal_entity", "stores[1].voucher_prefix"]


def test_codes_may_hold_any_character(chain: Chain) -> None:
    code = 'a"b\\c,{d} é'
    chain.catalogue(models=[replace(model("Q"), items=(ItemFacts(code=code, colour="", size="{}"),))])
    chain.receive(("1", code, 2))
    assert chain.stock() == {("1", code): Decimal(2)}


def test_goods_come_in_by_a_voucher_per_store_and_day_and_make_the_average_cost(chain: Chain) -> None:
    assert chain.receive(("1", "A", 10), ("2", "C", 1), cost="10") == Received(recorded=2)
    chain.receive(("2", "A", 10), cost="20")
    assert chain.stock() == {("1", "A"): 10, ("2", "A"): 10, ("2", "C"): 1}
    assert chain.query("SELECT quantity, value, cost FROM model_cost ORDER BY quantity DESC LIMIT 1") == [(20, 300, 15)]
    assert chain.query("SELECT prefix, number, type, quantity, value FROM voucher ORDER BY id") == [
        ("001", 1, "REC", 10, 100),
        ("002", 1, "REC", 1, 10),
        ("002", 2, "REC", 10, 200),
    ]


def test_a_receipt_that_comes_again_is_a_no_op_and_with_another_content_is_refused(chain: Chain) -> None:
    chain.receive(("1", "A", 10))
    before = chain.everything()
    assert chain.receive(("1", "A", 10)) == Received(repeated=1)
    assert chain.everything() == before
    with chain.database.begin() as connection:
        connection.exec_driver_sql("UPDATE voucher_line SET quantity = 11")
    with pytest.raises(InvalidInput) as refusal:
        chain.receive(("1", "A", 10))
    assert fields(refusal) == ["receipts[0].receipt_id"]


def test_goods_for_unknown_stores_and_items_or_without_stock_are_refused(chain: Chain) -> None:
    with pytest.raises(InvalidInput) as refusal:
        chain.receive(("7", "A", 1), ("1", "?", 1), ("1", "FUEL", 1))
    assert fields(refusal) == ["receipts[0].store", "receipts[1].item", "receipts[2].item"]


def test_a_ticket_that_comes_again_is_a_no_op_and_with_another_content_is_refused(chain: Chain) -> None:
    first = ticket("1", line("A"), number=1)
    told = chain.record(first, first, ticket("1", line("A"), line("C"), number=2))
    assert (told.recorded, told.repeated, told.lines) == (2, 1, 3)
    again = chain.record(first)
    assert (again.recorded, again.repeated, again.posting) == (0, 1, None)
    with pytest.raises(InvalidInput) as refusal:
        chain.record(ticket("1", line("A"), number=3), replace(first, cashier="Zoé"))
    assert fields(refusal) == ["tickets[1].number"]
    assert chain.query("SELECT count(*) FROM ticket") == [(2,)]


def test_tickets_of_unknown_stores_or_other_currencies_are_refused(chain: Chain) -> None:
    with pytest.raises(InvalidInput) as refusal:
        chain.record(ticket("7", line("A")), replace(ticket("1", line("A")), currency="USD"))
    assert refusal.value.problems[1] == FieldProblem(
        "tickets[1].total.currency_code", "store 1 sells in EUR, not in USD"
    )
    assert fields(refusal)[0] == "tickets[0].store"


def test_imports_share_the_posting_that_nobody_has_begun(chain: Chain) -> None:
    first = chain.record(ticket("1", line("A"), number=1))
    second = chain.record(ticket("1", line("A"), number=2))
    assert first.posting == second.posting is not None
    chain.post()
    assert chain.record(ticket("1", line("A"), number=3)).posting != first.posting


def test_a_closed_day_takes_no_new_ticket_but_knows_the_old_ones(chain: Chain) -> None:
    known = ticket("1", line("FUEL"), number=1)
    chain.record(known)
    chain.post()
    chain.correct(close_days=True)
    assert chain.days() == {("2017-01-02", "1", 1): "closed"}
    assert chain.record(known).repeated == 1
    with pytest.raises(DayClosed, match="tickets/1-1-2"):
        chain.record(ticket("1", line("FUEL"), number=2))
    assert chain.record(ticket("1", line("FUEL"), number=2, day=DAY + timedelta(days=1))).recorded == 1


def test_a_ticket_opens_a_day_that_was_up_to_date(chain: Chain) -> None:
    chain.record(ticket("1", line("FUEL"), number=1))
    chain.post()
    assert chain.days() == {("2017-01-02", "1", 1): "up_to_date"}
    chain.record(ticket("1", line("FUEL"), number=2))
    assert chain.days() == {("2017-01-02", "1", 1): "open"}


def test_what_is_recorded_is_never_changed(chain: Chain) -> None:
    chain.receive(("1", "A", 1))
    chain.record(ticket("1", line("A"), number=1))
    for table in ("ticket_line", "payment", "stock_movement"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET ticket_id = NULL"):
            with pytest.raises(Exception, match="only added to"), chain.database.begin() as connection:
                connection.exec_driver_sql(statement)
