"""Goods that came back broken, from the return to the voucher, on a real database."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.sales.application.import_catalogue import import_catalogue
from services.sales.domain.catalogue import BrandFacts, CatalogueBatch, SupplierFacts
from services.sales.domain.movements import LineKey
from services.sales.domain.set_apart import SetApart
from services.sales.domain.states import DefectivesPolicy
from tests.sales.chain import Chain, line, ticket


def broken(chain: Chain, *, shop: str = "1", number: int = 1, minute: int = 0) -> None:
    """The shop sells its only A, which comes back broken; nothing is posted yet."""
    chain.receive((shop, "A", 1), cost=f"{number}.5")
    sold = ticket(shop, line("A", 1), number=number, minute=minute)
    back = ticket(shop, line("A", -1, of=str(sold.name), defective=True), number=number + 1, minute=minute + 1)
    chain.record(sold, back)


def set_apart(chain: Chain) -> SetApart:
    with chain.open_work() as work:
        return work.defectives.set_apart(card.id for card in work.catalogue.items_by_code(["A", "C"]).values())


def cleared(chain: Chain) -> tuple[int, int]:
    """Lines that a clearing treats now, and warnings of goods that are gone."""
    done = chain.run("sales.process-defectives")
    assert done.outcome is not None
    treated = done.outcome.result["line_count"]
    assert isinstance(treated, int)
    return treated, chain.query("SELECT count(*) FROM journal_entry WHERE text LIKE 'Défectueux %'")[0][0]


def test_what_came_back_broken_is_not_sold_and_can_be_cleared(chain: Chain) -> None:
    broken(chain)
    chain.record(ticket("1", line("A", 1), number=9, minute=5))
    chain.post()
    assert chain.problems()[9] == "insufficient_stock"
    assert chain.stock() == {("1", "A"): Decimal(1)}
    assert cleared(chain) == (1, 0)
    assert chain.stock() == {}


def test_a_later_posting_does_not_sell_it_either(chain: Chain) -> None:
    broken(chain)
    chain.post()
    chain.record(ticket("1", line("A", 1), number=9, minute=5))
    chain.post()
    assert chain.problems()[9] == "insufficient_stock"
    assert cleared(chain) == (1, 0)


def test_a_correction_gives_it_to_nobody(chain: Chain) -> None:
    broken(chain)
    chain.record(ticket("2", line("A", 1), number=9, minute=5), ticket("1", line("A", 1), number=10, minute=6))
    chain.post()
    chain.correct()
    assert (chain.problems()[9], chain.problems()[10]) == ("insufficient_stock", "insufficient_stock")
    assert chain.vouchers() == []
    chain.receive(("3", "A", 2), cost="7")
    chain.correct()
    assert set(chain.problems().values()) == {None}
    assert [(kind, shop, donor) for _, kind, shop, donor, _, _ in chain.vouchers()] == [
        ("TRF", "1", "3"),
        ("TRF", "2", "3"),
    ]
    assert cleared(chain) == (1, 0)


def test_a_return_that_a_correction_credits_is_set_apart_too(chain: Chain) -> None:
    chain.record(ticket("1", line("A", -1, defective=True), number=1), ticket("1", line("A", 1), number=2, minute=1))
    chain.post()
    assert chain.problems() == {1: "return_without_sale", 2: "insufficient_stock"}
    chain.correct()
    assert chain.problems() == {1: None, 2: "insufficient_stock"}
    assert cleared(chain) == (1, 0)


def test_a_broken_unit_of_a_ticket_in_error_waits_apart_for_its_ticket(chain: Chain) -> None:
    chain.receive(("1", "A", 1))
    sold = ticket("1", line("A", 1), number=1)
    back = ticket("1", line("A", -1, of=str(sold.name), defective=True), line("?"), number=2, minute=1)
    chain.record(sold, back, ticket("1", line("A", 1), number=3, minute=2))
    chain.post()
    assert chain.problems() == {1: None, 2: "unknown_code", 3: "insufficient_stock"}
    assert cleared(chain) == (0, 0)
    chain.correct()
    assert cleared(chain) == (1, 0)


def test_the_units_of_posted_lines_and_the_lines_that_are_not_are_told_until_they_are_treated(chain: Chain) -> None:
    broken(chain)
    (key,) = chain.query("SELECT ticket_id, number FROM ticket_line WHERE defective")
    assert set_apart(chain) == SetApart(lines=frozenset({LineKey(*key)}))
    chain.post()
    assert [int(units) for units in set_apart(chain).units.values()] == [1]
    assert not set_apart(chain).lines
    chain.run("sales.process-defectives")
    assert set_apart(chain) == SetApart()


@pytest.mark.parametrize("why", ["policy", "suppliers", "activation"])
def test_goods_that_no_clearing_will_treat_are_sold_like_others(chain: Chain, why: str) -> None:
    if why == "policy":
        chain.catalogue(policy=DefectivesPolicy.NONE)
    elif why == "suppliers":
        second = SupplierFacts(code="S2", display_name="", defectives_policy=DefectivesPolicy.ADJUSTMENT)
        both = BrandFacts(code="B", display_name="Brand", suppliers=("S", "S2"))
        with chain.open_work() as work:
            import_catalogue(work, CatalogueBatch(suppliers=(second,), brands=(both,)))
    else:
        chain.since = datetime(2017, 2, 1, tzinfo=UTC)
        chain.begin()
    broken(chain)
    chain.record(ticket("1", line("A", 1), number=9, minute=5))
    chain.post()
    assert chain.problems()[9] is None
    assert set_apart(chain) == SetApart()
    assert cleared(chain) == (0, 0)


def test_a_policy_that_comes_later_finds_goods_sold_and_says_so(chain: Chain) -> None:
    chain.catalogue(policy=DefectivesPolicy.NONE)
    broken(chain)
    chain.record(ticket("1", line("A", 1), number=9, minute=5))
    chain.post()
    chain.catalogue(policy=DefectivesPolicy.ADJUSTMENT)
    assert cleared(chain) == (0, 1)
    chain.receive(("1", "A", 1), cost="4")
    chain.record(ticket("1", line("A", 1), number=10, minute=6))
    chain.post()
    assert chain.problems()[10] == "insufficient_stock"  # what stands there is owed to the line
