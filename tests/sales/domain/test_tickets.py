from dataclasses import replace
from decimal import Decimal

from tests.sales.chain import line, ticket


def test_the_same_content_has_one_hash_however_its_figures_are_written() -> None:
    told = ticket("1", line("A"), number=1)
    assert replace(told, total=Decimal("3.0000")).content_hash == replace(told, total=Decimal(3)).content_hash
    assert replace(told, cashier="Zoé").content_hash != told.content_hash


def test_texts_that_hold_the_separator_never_pass_for_one_another() -> None:
    told = ticket("1", line("A"), number=1)
    one, other = (
        replace(told, client="7\x1f", cashier="Anne"),
        replace(told, client="7", cashier="\x1fAnne"),
    )
    assert one.content_hash != other.content_hash
