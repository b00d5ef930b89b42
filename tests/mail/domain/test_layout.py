from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.mail.domain.layout import TALLEST, WIDTH, Page, Style, Symbol, Text, fit, wrap
from services.mail.domain.printed import lay_out
from services.mail.domain.ticket import printable
from tests.mail.conftest import document, line, ticket


def measure(text: str, style: Style, size: float) -> float:
    return len(text) * size * 0.55


def wide(text: str) -> float:
    return float(len(text))


def texts(pages: tuple[Page, ...]) -> list[str]:
    return [item.text for page in pages for item in page.items if isinstance(item, Text)]


@given(st.text(max_size=200), st.integers(1, 40), st.integers(1, 4))
def test_wrapped_rows_fit_and_lose_nothing_unless_cut(text: str, width: int, rows: int) -> None:
    wrapped = wrap(text, width, rows, wide)
    assert len(wrapped) <= rows
    assert all(wide(row) <= width for row in wrapped)
    kept = "".join(wrapped).replace(" ", "")
    if not kept.endswith("…") or "…" in text:
        return
    assert printable(text).replace(" ", "").startswith(kept[:-1])


def test_a_label_is_broken_at_spaces_and_ends_with_an_ellipsis() -> None:
    assert wrap("café moulu équitable du Pérou", 12, 3, wide) == ["café moulu", "équitable du", "Pérou"]
    assert wrap("café moulu équitable du Pérou", 12, 2, wide) == ["café moulu", "équitable d…"]
    assert wrap("anticonstitutionnellement", 10, 2, wide) == ["anticonsti", "tutionnel…"]
    assert fit("abc", 3, wide) == "abc"
    assert fit("abcd", 3, wide) == "ab…"


def test_nothing_stands_outside_the_paper() -> None:
    long = "Très long libellé " * 50
    crowded = ticket(
        lines=(line(long, amount=Decimal("-1234567.89")), line("x" * 500, discount=Decimal("0.5"))),
        cashier=long,
        client="C" * 300,
        signature="f" * 600,
    )
    pages = lay_out(document(crowded, company=long, duplicate=True), measure)
    for page in pages:
        for item in page.items:
            if isinstance(item, Text):
                assert item.x >= 11
                assert item.x + measure(item.text, item.style, item.size) <= WIDTH - 11
                assert 0 < item.y < page.height
            if isinstance(item, Symbol):
                assert item.y + item.side < page.height


def test_a_ticket_shows_all_that_the_law_asks_for() -> None:
    shown = texts(lay_out(document(), measure))
    for expected in (
        "BRICO",
        "1 rue de la Paix",
        "Magasin 12",
        "Ticket n° 4",
        "Caisse 1",
        "31/01/2017 17:05:09",
        "Caissier : DUPOND",
        "Client : C1",
        "Café moulu 250 g",
        "2 × 3,50 €",
        "TVA 5,5 %",
        "TOTAL TTC",
        "19,00 €",
        "Règlement CB",
    ):
        assert expected in shown
    assert "DUPLICATA" not in shown


def test_a_copy_says_duplicata() -> None:
    assert "DUPLICATA" in texts(lay_out(replace(document(), duplicate=True), measure))


def test_a_discount_is_shown_with_its_line() -> None:
    printed = document(ticket(lines=(line(discount=Decimal(1)),)))
    shown = texts(lay_out(printed, measure))
    assert "2 × 4,00 €" in shown
    assert "Remise -1,00 €" in shown


def test_a_line_without_label_shows_its_code() -> None:
    assert "3760000000017" in texts(lay_out(document(ticket(lines=(line(" \n"),))), measure))


def test_a_ticket_of_a_thousand_lines_goes_over_pages_and_loses_no_line() -> None:
    many = ticket(lines=tuple(line(f"Article {number}") for number in range(1000)))
    pages = lay_out(document(many), measure)
    assert len(pages) > 1
    assert all(page.height <= TALLEST for page in pages)
    shown = texts(pages)
    assert all(f"Article {number}" in shown for number in range(1000))
