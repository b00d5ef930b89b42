"""What happens at the same time: the lock of a legal entity's stock keeps plans true."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from time import monotonic, sleep

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from tests.sales.chain import Chain, line, store, ticket

#: What must hold whoever did what at once; each answers what is wrong.
WRONG = {
    "levels are the sum of the movements": "SELECT coalesce(level.store_id, moved.store_id) FROM stock_level AS level"
    " FULL JOIN (SELECT store_id, item_id, sum(quantity) AS units FROM stock_movement GROUP BY 1, 2) AS moved"
    " USING (store_id, item_id) WHERE coalesce(level.quantity, 0) <> coalesce(moved.units, 0)",
    "holdings are the sum of the movements": "SELECT model_id FROM model_cost JOIN (SELECT model_id,"
    " legal_entity_id, sum(stock_movement.quantity) AS units, sum(value) AS value FROM stock_movement"
    " JOIN item ON item.id = item_id JOIN store ON store.id = store_id GROUP BY 1, 2) AS moved"
    " USING (model_id, legal_entity_id) WHERE (quantity, model_cost.value) <> (units, moved.value)",
    "every line was tried once": "SELECT ticket_id FROM ticket_line LEFT JOIN line_posting USING (ticket_id, number)"
    " WHERE line_posting.ticket_id IS NULL",
    "a posted line of goods moved what it says": "SELECT ticket_line.ticket_id FROM ticket_line JOIN line_posting"
    " USING (ticket_id, number) LEFT JOIN stock_movement AS moved ON moved.ticket_id = ticket_line.ticket_id"
    " AND moved.ticket_line = ticket_line.number WHERE ticket_line.item IN ('A', 'C') AND ticket_line.quantity <> 0"
    " AND moved.quantity IS DISTINCT FROM CASE WHEN posted THEN -ticket_line.quantity END",
    "vouchers are numbered without a gap": "SELECT prefix FROM voucher GROUP BY prefix"
    " HAVING max(number) <> count(*) OR min(number) <> 1",
    "days count their tickets": "SELECT sales_day.register FROM sales_day JOIN (SELECT business_date, store_id,"
    " register, count(*) AS tickets, count(*) FILTER (WHERE ticket.state = 'in_error') AS wrong FROM ticket"
    " GROUP BY 1, 2, 3) AS told USING (business_date, store_id, register)"
    " WHERE (ticket_count, error_count) <> (tickets, wrong)",
    "treated lines left by vouchers": "SELECT total FROM (SELECT sum(quantity) AS total FROM voucher"
    " WHERE type = 'BDD') AS gone WHERE -total <> (SELECT count(*) FROM defective_treatment)",
    "no work broke": "SELECT kind FROM operation WHERE state <> 'succeeded' OR attempts > 1",
}
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


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


def test_a_night_in_which_everything_happens_at_once_adds_up(chain: Chain) -> None:
    """Registers sell and take back while goods come in and two workers post, correct, preview and clear."""
    chain.stores = 1
    chain.lines = 3
    chain.begin()
    chain.catalogue(stores=[store("8", entity="OTHER"), store("9", entity="OTHER")])
    shops = ("1", "2", "3", "8", "9")

    def sell(register: int) -> None:
        for round_ in range(6):
            for shop in shops:
                sold = ticket(shop, line("A", 1), line("C", 2), register=register, number=round_ * 10 + 1)
                back = ticket(
                    shop,
                    line("A", -1, of=str(sold.name), defective=round_ % 2 == 0),
                    register=register,
                    number=round_ * 10 + 2,
                    minute=round_ + 1,
                )
                chain.record(sold, back)
                chain.record(back, sold)

    def receive() -> None:
        for round_ in range(8):
            chain.receive(*((shop, item, 2.0) for shop in shops[:4] for item in "AC"), cost=f"{round_}.25")

    def night(*kinds: str) -> None:
        for _ in range(3):
            for kind in kinds:
                chain.run(kind)

    together(
        lambda: sell(1),
        lambda: sell(2),
        receive,
        lambda: night("sales.correct-sales", "sales.process-defectives"),
        lambda: night("sales.preview-correction", "sales.preview-defectives"),
    )
    chain.drain()
    for rule, wrong in WRONG.items():
        assert chain.query(wrong) == [], rule
    assert chain.query("SELECT count(*) FROM ticket") == [(120,)]
    chain.correct()
    chain.run("sales.process-defectives")
    apart = (
        "SELECT count(*) FROM ticket_line JOIN ticket ON ticket.id = ticket_id WHERE defective AND state = 'validated'"
    )
    assert chain.query(apart) == chain.query("SELECT count(*) FROM defective_treatment")
    for rule, wrong in WRONG.items():
        assert chain.query(wrong) == [], rule


def test_a_preview_takes_all_stock_at_once_as_a_correction_does(chain: Chain) -> None:
    """Taken store by store, a preview and a correction could each hold what the other waits for."""
    chain.catalogue(stores=[store("9", entity="OTHER")])
    chain.stores = 1
    chain.begin()
    ours, other = (identifier for (identifier,) in chain.query("SELECT id FROM legal_entity ORDER BY id"))
    chain.record(ticket("9", line("A"), number=1))
    chain.forget_work()
    with chain.open_work() as first:
        first.stock.lock([ours])
        with ThreadPoolExecutor(1) as thread:
            preview = thread.submit(chain.run, "sales.preview-correction")
            try:
                until = monotonic() + 10
                while chain.query(WAITING) == [(0,)] and monotonic() < until:
                    sleep(0.01)
                with chain.database.begin() as second:  # nobody holds what comes behind what it waits for
                    second.execute(sa.text("SET LOCAL lock_timeout = '50ms'"))
                    lock = sa.text("SELECT 1 FROM legal_entity WHERE id = :id FOR NO KEY UPDATE")
                    second.execute(lock, {"id": other})
                assert not preview.done()
            finally:
                first.connection.rollback()
            assert preview.result().outcome is not None
