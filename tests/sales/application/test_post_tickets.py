from decimal import Decimal

from tests.sales.chain import Chain, line, ticket


def test_a_sale_takes_stock_and_validates_its_ticket(chain: Chain) -> None:
    chain.receive(("1", "A", 5))
    chain.record(ticket("1", line("A", 2), number=1))
    chain.post()
    assert chain.stock() == {("1", "A"): Decimal(3)}
    assert chain.problems() == {1: None}
    assert chain.days() == {("2017-01-02", "1", 1): "up_to_date"}


def test_lines_that_cannot_be_posted_say_why_and_stop_no_other(chain: Chain) -> None:
    chain.receive(("1", "A", 1))
    chain.record(
        ticket("1", line("A", 2), number=1),
        ticket("1", line("?"), number=2, minute=1),
        ticket("1", line("C", -1), number=3, minute=2),
        ticket("1", line("A", 1), number=4, minute=3),
    )
    chain.post()
    assert chain.problems() == {
        1: "insufficient_stock",
        2: "unknown_code",
        3: "return_without_sale",
        4: None,
    }
    assert chain.days() == {("2017-01-02", "1", 1): "in_error"}
    assert chain.stock() == {}


def test_fuel_and_zero_quantities_post_without_a_movement(chain: Chain) -> None:
    chain.record(ticket("1", line("FUEL", 10004), line("A", 0), number=1))
    chain.post()
    assert chain.problems() == {1: None}
    assert chain.query("SELECT count(*) FROM stock_movement") == [(0,)]


def test_a_return_puts_back_what_its_ticket_sold_at_what_it_cost(chain: Chain) -> None:
    chain.receive(("1", "A", 5), cost="2.3456")
    sold = ticket("1", line("A", 3), number=1)
    chain.record(sold)
    chain.post()
    chain.receive(("1", "A", 5), cost="9.00")
    chain.record(ticket("2", line("A", -2, of=str(sold.name)), number=2, minute=5))
    chain.post()
    assert chain.problems() == {1: None, 2: None}
    assert chain.stock() == {("1", "A"): Decimal(7), ("2", "A"): Decimal(2)}
    assert chain.query("SELECT unit_cost FROM stock_movement WHERE ticket_id IS NOT NULL ORDER BY id") == [
        (Decimal("2.3456"),),
        (Decimal("2.3456"),),
    ]


def test_a_return_without_a_ticket_needs_an_earlier_sale_in_its_store_not_returned_yet(chain: Chain) -> None:
    chain.receive(("1", "A", 5), ("2", "A", 5))
    chain.record(
        ticket("1", line("A", -1), number=1),
        ticket("1", line("A", 1), number=2, minute=1),
        ticket("2", line("A", -1), number=3, minute=2),
        ticket("1", line("A", -1), number=4, minute=3),
    )
    chain.post()
    chain.record(ticket("1", line("A", -1), number=5, minute=4))
    chain.post()
    wrong = "return_without_sale"
    assert chain.problems() == {1: wrong, 2: None, 3: wrong, 4: None, 5: wrong}


def test_each_line_is_tried_once_in_the_order_of_time_however_often_posting_runs(chain: Chain) -> None:
    chain.receive(("1", "A", 1))
    chain.record(ticket("1", line("A", 1), number=1, minute=9), ticket("1", line("A", 1), number=2, minute=3))
    chain.post()
    before = chain.everything()
    chain.run("sales.post-tickets")
    assert chain.everything() == before
    assert chain.problems() == {1: "insufficient_stock", 2: None}


def test_a_worker_that_dies_between_chunks_posts_nothing_twice(chain: Chain) -> None:
    chain.stores = 1
    chain.begin()
    chain.receive(("1", "A", 5), ("2", "A", 5), ("3", "A", 5))
    chain.record(*(ticket(shop, line("A", 2), line("C"), number=int(shop)) for shop in "123"))
    chain.crash_at = 3  # the first looks at the tables, the second posts a chunk
    chain.post()
    tried = "SELECT count(*) FROM line_posting"
    assert chain.query(tried) == [(2,)]
    chain.retry_now()
    chain.drain()
    assert chain.query(tried) == [(6,)]
    assert chain.stock() == {(shop, "A"): Decimal(3) for shop in "123"}
    assert chain.query("SELECT state FROM operation") == [("succeeded",)]


def test_the_value_of_every_movement_adds_up_to_what_is_held(chain: Chain) -> None:
    chain.receive(("1", "A", 7), cost="0.3333")
    chain.receive(("2", "A", 5), cost="1.9999")
    chain.record(*(ticket("1", line("A", 1), number=number, minute=number) for number in range(1, 8)))
    chain.record(*(ticket("2", line("A", 1), number=number, minute=number) for number in range(11, 16)))
    chain.post()
    assert chain.query("SELECT quantity, value FROM model_cost") == [(Decimal(0), Decimal(0))]
    assert chain.query("SELECT sum(quantity), sum(value) FROM stock_movement") == [(Decimal(0), Decimal(0))]


def test_tables_that_the_database_never_looked_at_are_looked_at_first(chain: Chain) -> None:
    """Without it the plans of a first night are guesses: January took 100 s to post instead of 6."""
    unknown = (
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples < 0 AND pg_relation_size(oid) > 0"
        " AND relname IN ('ticket', 'ticket_line', 'item', 'model', 'stock_level') ORDER BY relname"
    )
    chain.receive(("1", "A", 5))
    chain.record(ticket("1", line("A", 2), number=1))
    assert ("ticket_line",) in chain.query(unknown)
    chain.post()
    assert chain.query(unknown) == []
