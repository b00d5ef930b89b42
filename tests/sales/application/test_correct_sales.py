from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from chassis.database import Database
from chassis.operations import Operation, OperationState
from tests.sales.chain import DAY, Chain, line, model, store, ticket

NEXT = DAY + timedelta(days=1)


def result(operation: Operation) -> dict[str, Any]:
    assert operation.outcome is not None, operation.error
    return dict(operation.outcome.result)


def short(chain: Chain) -> None:
    """Store 1 is short of A and of C; store 2 has some A, store 3 some of both, one of which it needs itself."""
    chain.receive(("2", "A", 2), ("3", "A", 2), ("3", "C", 1))
    chain.record(
        ticket("1", line("A", 3), line("FUEL"), number=1),
        ticket("3", line("A", 4), number=2, minute=1),
        ticket("1", line("C", 1), number=3, minute=2, day=NEXT),
    )
    chain.post()
    assert set(chain.problems().values()) == {"insufficient_stock"}


def test_missing_stock_comes_from_donors_that_keep_what_they_need(chain: Chain) -> None:
    short(chain)
    chain.receive(("2", "A", 1))
    operation = chain.correct()
    assert chain.vouchers() == [
        ("001-000001", "TRF", "1", "2", Decimal(3), DAY),
        ("001-000002", "TRF", "1", "3", Decimal(1), DAY),
    ]
    assert chain.problems() == {1: None, 2: "insufficient_stock", 3: None}
    assert chain.stock() == {("3", "A"): Decimal(2)}
    assert result(operation)["transferred_units"] == "4"
    assert result(operation)["remaining_line_count"] == 1


def test_the_report_lists_every_day_in_the_seeds_words(chain: Chain) -> None:
    short(chain)
    chain.receive(("2", "A", 1))
    operation = chain.correct()
    assert operation.outcome is not None
    assert operation.outcome.report.splitlines() == [
        "Voici la liste des journées des ventes mises à jour :",
        "02/01/2017 magasin 1 Mag1 caisse 1 (Journée à jour)",
        "02/01/2017 magasin 3 Mag3 caisse 1 (Journée toujours en erreur)",
        "03/01/2017 magasin 1 Mag1 caisse 1 (Journée à jour)",
    ]
    assert chain.query("SELECT text FROM journal_entry WHERE journal = 'Mise à jour des ventes' ORDER BY number") == [
        ("Transfert de 3 x A Model A du magasin 2 Mag2 vers le magasin 1 Mag1 au 02/01/2017 : bon 001-000001",),
        ("Transfert de 1 x C Model C du magasin 3 Mag3 vers le magasin 1 Mag1 au 02/01/2017 : bon 001-000002",),
    ]
    (warning,) = result(operation)["warnings"]
    assert warning.startswith("Magasin 1 Mag1 : mouvements datés du 02/01/2017 pour des ventes allant jusqu'au 03/01")


def test_a_second_correction_changes_nothing(chain: Chain) -> None:
    short(chain)
    chain.correct()
    before = chain.everything()
    again = chain.correct()
    assert chain.everything() == before
    assert result(again)["vouchers"] == []
    assert [day["state"] for day in result(again)["sales_days"]] == ["in_error"] * len(result(again)["sales_days"])


def test_movements_of_the_correction_are_neutral_for_the_company(chain: Chain) -> None:
    short(chain)
    before = chain.query("SELECT cost FROM model_cost ORDER BY model_id")
    chain.correct()
    assert chain.query("SELECT cost FROM model_cost ORDER BY model_id") == before
    moved = (
        "SELECT sum(quantity), sum(stock_movement.value) FROM stock_movement JOIN voucher ON voucher.id = voucher_id"
    )
    assert chain.query(f"{moved} WHERE type = 'TRF'".replace("sum(quantity)", "sum(stock_movement.quantity)")) == [
        (0, 0)
    ]


def test_unknown_codes_become_sales_of_the_sub_family(chain: Chain) -> None:
    chain.record(ticket("1", line("?", 2), line("FUEL"), number=1), ticket("1", line("??", -1), number=2))
    chain.post()
    operation = chain.correct()
    assert chain.problems() == {1: None, 2: None}
    assert chain.query("SELECT DISTINCT subfamily FROM line_posting WHERE item_id IS NULL") == [("ZZZ Divers",)]
    assert result(operation)["reassigned_line_count"] == 2
    assert chain.query("SELECT text FROM journal_entry WHERE journal <> 'technical' ORDER BY number LIMIT 1") == [
        ("Vente de 2 x ? Label ? (code inexistant) transformée en vente de la sous-famille ZZZ Divers",)
    ]


def test_unknown_codes_and_returns_stay_in_error_where_the_options_say_so(chain: Chain) -> None:
    chain.record(ticket("1", line("?"), number=1), ticket("1", line("A", -1), number=2))
    chain.post()
    operation = chain.correct(unknown_codes_subfamily="", correct_returns=False)
    assert chain.problems() == {1: "unknown_code", 2: "return_without_sale"}
    assert result(operation)["remaining_line_count"] == 2


def test_a_code_that_is_known_by_now_is_posted_as_what_it_is(chain: Chain) -> None:
    chain.record(ticket("1", line("NEW"), number=1))
    chain.post()
    chain.catalogue(models=[model("NEW")])
    chain.receive(("1", "NEW", 1))
    assert result(chain.correct())["reassigned_line_count"] == 0
    assert chain.problems() == {1: None}
    assert chain.stock() == {}


def test_returns_without_a_sale_credit_sales_and_stock(chain: Chain) -> None:
    chain.record(ticket("1", line("A", -2), number=1))
    chain.post()
    operation = chain.correct()
    assert result(operation)["credited_return_count"] == 1
    assert chain.stock() == {("1", "A"): Decimal(2)}
    assert chain.problems() == {1: None}


def test_adjustments_supply_what_is_missing(chain: Chain) -> None:
    short(chain)
    operation = chain.correct(method="adjustment")
    assert [(kind, shop, units) for _, kind, shop, _, units, _ in chain.vouchers()] == [
        ("AV", "1", Decimal(4)),
        ("AV", "3", Decimal(2)),
    ]
    assert set(chain.problems().values()) == {None}
    assert result(operation)["adjusted_units"] == "6"


def test_what_donors_lack_is_adjusted_where_the_option_says_so(chain: Chain) -> None:
    short(chain)
    operation = chain.correct(adjust_remainder=True)
    assert set(chain.problems().values()) == {None}
    assert (result(operation)["transferred_units"], result(operation)["adjusted_units"]) == ("3", "3")


def test_only_the_chosen_stores_registers_and_donors_take_part(chain: Chain) -> None:
    chain.receive(("2", "A", 9), ("3", "A", 9))
    chain.record(
        ticket("1", line("A"), number=1, register=1),
        ticket("1", line("A"), number=2, register=2),
        ticket("1", line("A"), number=3, register=3),
        ticket("2", line("C"), number=4),
    )
    chain.post()
    operation = chain.correct(stores=("1",), first_register=2, last_register=3, donor_stores=("3",))
    assert chain.problems() == {1: "insufficient_stock", 2: None, 3: None, 4: "insufficient_stock"}
    assert [(donor, units) for _, _, _, donor, units, _ in chain.vouchers()] == [("3", Decimal(2))]
    assert [(day["store"], day["register"]) for day in result(operation)["sales_days"]] == [("1", 2), ("1", 3)]


def test_an_unknown_store_fails_with_its_field(chain: Chain) -> None:
    operation = chain.correct(donor_stores=("1", "77"))
    assert operation.state is OperationState.FAILED
    assert operation.error is not None
    assert "donor_stores[1]" in operation.error.message


def test_stores_of_another_legal_entity_or_currency_give_nothing(chain: Chain) -> None:
    chain.catalogue(stores=[store("4", entity="OTHER"), store("5", currency="CHF")])
    chain.receive(("4", "A", 9), ("5", "A", 9))
    chain.record(ticket("1", line("A"), number=1))
    chain.post()
    chain.correct()
    assert chain.vouchers() == []
    assert chain.problems() == {1: "insufficient_stock"}


def test_kits_are_opened_and_their_parts_take_over_their_value(chain: Chain) -> None:
    chain.catalogue(models=[model("K", parts={"A": 2, "C": 1}, collection="Noël")])
    chain.receive(("1", "K", 2), cost="199")
    chain.receive(("2", "A", 1), cost="10")
    chain.receive(("2", "C", 1), cost="200")
    chain.record(ticket("1", line("A", 1), number=1))
    chain.post()
    worth = chain.query("SELECT sum(value) FROM model_cost")[0][0]
    chain.correct(open_kits=True)
    assert chain.problems() == {1: None}
    assert chain.stock() == {
        ("1", "K"): Decimal(1),
        ("1", "A"): Decimal(1),
        ("1", "C"): Decimal(1),
        ("2", "A"): Decimal(1),
        ("2", "C"): Decimal(1),
    }
    lines = chain.query(
        "SELECT collection, voucher_line.quantity, voucher_line.value FROM voucher_line"
        " JOIN voucher ON voucher.id = voucher_id WHERE type = 'AV' ORDER BY voucher_line.value"
    )
    assert lines == [
        ("Noël", Decimal(-1), Decimal("-199.00")),
        ("2017-T1", Decimal(2), Decimal("18.09")),
        ("2017-T1", Decimal(1), Decimal("180.91")),
    ]
    sold = chain.query("SELECT -value FROM stock_movement WHERE ticket_id IS NOT NULL")[0][0]
    assert chain.query("SELECT sum(value) FROM model_cost") == [(worth - sold,)]


def test_days_wholly_posted_are_closed_where_the_option_says_so(chain: Chain) -> None:
    chain.record(
        ticket("1", line("FUEL"), number=1), ticket("2", line("A"), number=2), ticket("3", line("?"), number=3)
    )
    chain.post()
    chain.correct(close_days=True)
    assert chain.days() == {
        ("2017-01-02", "1", 1): "closed",
        ("2017-01-02", "2", 1): "in_error",
        ("2017-01-02", "3", 1): "closed",
    }


def test_today_is_not_closed_since_its_registers_still_sell(chain: Chain) -> None:
    today: date = chain.query("SELECT CAST(now() AS date)")[0][0]
    chain.record(ticket("1", line("FUEL"), number=1, day=today))
    chain.forget_work()
    chain.correct(close_days=True)
    assert set(chain.days().values()) == {"up_to_date"}


def test_what_was_never_tried_is_posted_first(chain: Chain) -> None:
    chain.receive(("1", "A", 1))
    chain.record(ticket("1", line("A"), number=1))
    chain.forget_work()
    operation = chain.correct()
    assert chain.problems() == {1: None}
    assert [day["state"] for day in result(operation)["sales_days"]] == ["up_to_date"]


def test_a_preview_answers_what_would_be_done_and_writes_nothing(chain: Chain) -> None:
    short(chain)
    before = chain.everything()
    preview = result(chain.run("sales.preview-correction"))
    assert chain.everything() == before
    assert chain.query("SELECT count(*) FROM correction_day") == [(0,)]
    real = result(chain.correct())
    assert preview.pop("vouchers") == []
    assert real.pop("vouchers") != []
    assert preview == real


def test_in_training_it_reports_as_in_earnest_and_changes_nothing(chain: Chain) -> None:
    short(chain)
    before = chain.everything()
    practised = chain.practise("sales.correct-sales")
    assert practised.state is OperationState.SUCCEEDED
    assert chain.everything() == before
    assert chain.query("SELECT count(*) FROM correction_day") == [(0,)]
    told = chain.query("SELECT source, correlation, text FROM journal_entry")
    said = "Mode école : La nuit (runs/4) exercée, rien n'a été modifié"
    assert told == [("sales.correct-sales", f"operations/{practised.id}", said)]
    real = chain.correct()
    assert result(practised) == result(real) | {"vouchers": []}
    assert practised.outcome is not None
    assert real.outcome is not None
    assert practised.outcome.report == (
        f"Mode école : rien n'a été modifié ; voici ce qui aurait été fait.\n{real.outcome.report}"
    )


def test_nothing_to_correct_is_said(chain: Chain) -> None:
    operation = chain.correct()
    assert operation.outcome is not None
    assert operation.outcome.report == "Toutes les journées des ventes sont déjà à jour"


@pytest.mark.parametrize("died_at", range(1, 11))
def test_a_worker_that_dies_anywhere_leaves_what_an_undisturbed_one_does(
    make_database: Callable[[str | None], Database], died_at: int
) -> None:
    def night(crash_at: int | None) -> Chain:
        chain = Chain(make_database("services.sales.storage.migrations"), lines=2, stores=2)
        chain.catalogue(stores=[store(code) for code in "123"], models=[model(code) for code in "ABCDE"])
        chain.receive(*(("3", code, 4) for code in "ABCD"), cost="1.3333")
        chain.record(
            *(ticket("1", line(code, 2), line("?"), number=place) for place, code in enumerate("ABCDE", 1)),
            ticket("2", line("A", 1), line("B", -1), number=9, minute=9),
        )
        chain.crash_at = crash_at
        chain.run("sales.correct-sales")
        chain.retry_now()
        chain.drain()
        assert {state for (state,) in chain.query("SELECT state FROM operation")} == {"succeeded"}
        return chain

    undisturbed, disturbed = night(None), night(died_at)
    assert disturbed.everything() == undisturbed.everything()
    assert disturbed.crash_at is not None
    assert disturbed.crash_at <= 0
