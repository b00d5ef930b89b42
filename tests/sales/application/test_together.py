"""What happens at the same time: the lock of a legal entity's stock keeps plans true."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from tests.sales.chain import Chain, line, store, ticket


def together(*acts: Callable[[], object]) -> None:
    """Does everything at once; the first failure is raised."""
    with ThreadPoolExecutor(len(acts)) as threads:
        for done in [threads.submit(act) for act in acts]:
            done.result()


def test_stock_of_a_legal_entity_is_moved_by_one_transaction_at_a_time(chain: Chain) -> None:
    chain.catalogue(stores=[store("9", entity="OTHER")])
    (ours, other) = (identifier for (identifier,) in chain.query("SELECT id FROM legal_entity ORDER BY id"))
    with chain.open_work() as first:
        first.stock.lock([ours])
        with chain.database.begin() as second:
            second.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
            lock = sa.text("SELECT 1 FROM legal_entity WHERE id = :id FOR NO KEY UPDATE")
            second.execute(lock, {"id": other})
            with pytest.raises(OperationalError):
                second.execute(lock, {"id": ours})
            second.rollback()


def test_a_posting_and_a_correction_at_once_never_give_the_same_unit_twice(chain: Chain) -> None:
    for round_ in range(5):
        chain.receive(("2", "A", 3), cost=f"{round_}.5")
        chain.record(ticket("1", line("A", 3), minute=round_))
        chain.post()
        chain.record(ticket("2", line("A", 2), minute=round_))
        together(chain.post, chain.correct)
        assert chain.query("SELECT count(*) FROM stock_level WHERE quantity < 0") == [(0,)]
    received, sold = Decimal(15), chain.query("SELECT -sum(quantity) FROM stock_movement WHERE ticket_id > 0")[0][0]
    assert sum(chain.stock().values()) == received - sold
    assert {state for (state,) in chain.query("SELECT state FROM operation")} == {"succeeded"}


def test_registers_may_send_the_same_tickets_at_once(chain: Chain) -> None:
    tickets = [ticket(shop, line("FUEL"), number=number) for shop in "123" for number in range(1, 40)]
    acts = [lambda order=order: chain.record(*order) for order in (tickets, tickets[::-1], tickets)]
    together(*acts)
    assert chain.query("SELECT count(*) FROM ticket") == [(117,)]
    assert chain.query("SELECT sum(ticket_count) FROM sales_day") == [(117,)]


def test_vouchers_are_numbered_without_a_gap_by_whoever_makes_them(chain: Chain) -> None:
    rows = [(shop, item, 1.0) for shop in "12" for item in "AC"]
    together(*(lambda cost=cost: chain.receive(*rows, cost=f"{cost}.5") for cost in range(1, 7)))
    for prefix in ("001", "002"):
        numbers = chain.query(f"SELECT number FROM voucher WHERE prefix = '{prefix}' ORDER BY number")
        assert numbers == [(number,) for number in range(1, 7)]
