import ctypes
from dataclasses import replace

import pypdfium2
import pypdfium2.raw

from services.mail.domain.printed import TicketDocument
from services.mail.gateways.fonts import LETTERS
from services.mail.gateways.pdf import PdfTicketPrinter, qr_rows
from tests.mail.conftest import document, line, ticket, words

PRINTER = PdfTicketPrinter()
FINDER = ("#######", "#     #", "# ### #", "# ### #", "# ### #", "#     #", "#######")


def read(printed: TicketDocument) -> str:
    pdf = pypdfium2.PdfDocument(PRINTER.render(printed))
    return "\n".join(page.get_textpage().get_text_range() for page in pdf).replace("\r\n", "\n")


def test_a_ticket_reads_as_it_was_printed() -> None:
    text = read(document())
    for expected in (
        "BRICO",
        "Ticket n° 4",
        "Café moulu 250 g 7,00 €",
        "TVA 5,5 %",
        "TOTAL TTC 19,00 €",
        "tickets/12-1-4",
    ):
        assert expected in text


def test_the_same_ticket_gives_the_same_bytes_and_another_one_others() -> None:
    first = PRINTER.render(document())
    PRINTER.render(document(ticket(number=5, lines=(line("ŒÀÉ ñ ø"),))))
    assert PRINTER.render(document()) == first
    assert PdfTicketPrinter().render(document()) == first
    assert PRINTER.render(replace(document(), duplicate=True)) != first


def test_markup_in_a_label_is_printed_as_it_stands() -> None:
    label = '<b>gras</b> <img src="file:///etc/passwd"/> &amp; {x} %s'
    text = read(document(ticket(lines=(line(label),)))).replace("\n", "")
    assert "<b>gras</b>" in text
    assert "&amp;" in text


def test_letters_of_french_and_of_its_neighbours_and_the_euro_are_drawn() -> None:
    text = read(document(ticket(lines=(line("Œuf à la coque, 3 €"), line("Größe Ñandú"), line("Žižek Šafář")))))
    for expected in ("Œuf à la coque, 3 €", "Größe Ñandú", "Žižek Šafár"):
        assert expected in text


def test_letters_that_the_typeface_has_only_without_accent_are_drawn_without() -> None:
    assert "Zółć zdzbło" in read(document(ticket(lines=(line("Żółć źdźbło"),))))


def test_letters_that_the_typeface_lacks_do_no_harm() -> None:
    text = read(document(ticket(lines=(line("寿司 🍣 Sushi"),))))
    assert "Sushi" in text


def test_a_very_long_label_ends_with_an_ellipsis() -> None:
    text = read(document(ticket(lines=(line("Très long libellé " * 40),))))
    assert "…" in text
    assert text.count("Très long libellé") < 12


def test_every_ticket_carries_one_cut_of_each_font() -> None:
    pdf = pypdfium2.PdfDocument(PRINTER.render(document(ticket(lines=(line(LETTERS),)))))
    fonts = set()
    for item in pdf[0].get_objects(filter=(pypdfium2.raw.FPDF_PAGEOBJ_TEXT,)):
        font = pypdfium2.raw.FPDFTextObj_GetFont(item)
        name = ctypes.create_string_buffer(100)
        pypdfium2.raw.FPDFFont_GetBaseFontName(font, name, 100)
        fonts.add(name.value.decode())
        assert pypdfium2.raw.FPDFFont_GetIsEmbedded(font)
    assert len(fonts) == 2


def test_a_page_is_80_mm_wide() -> None:
    pdf = pypdfium2.PdfDocument(PRINTER.render(document()))
    assert len(pdf) == 1
    assert abs(pdf[0].get_width() * 25.4 / 72 - 80) < 0.1


def test_the_language_and_the_words_are_those_asked_for() -> None:
    text = read(document(words=words("en")))
    assert "Ticket no. 4" in text
    assert "TOTAL 19.00 €" in text


def test_the_qr_code_is_drawn_module_by_module() -> None:
    """What is dark on the rendered page is dark in the code, over every module."""
    pdf = pypdfium2.PdfDocument(PRINTER.render(document()))
    scale = 8
    image = pdf[0].render(scale=scale).to_pil().convert("L")
    rows = qr_rows("tickets/12-1-4")
    side, width = 62.0, pdf[0].get_width()
    module = side / len(rows)
    left = (width - side) / 2
    # The upper edge: the first dark row of pixels in the middle of the upper left finder pattern, from below.
    x = int((left + 3.5 * module) * scale)
    dark = [y for y in range(image.height) if image.getpixel((x, y)) < 128]
    top = next(
        y
        for y in dark
        if all(image.getpixel((x, y + step)) < 128 for step in range(int(module * scale * 0.8)))
        and y > image.height * 0.5
    )
    for r, row in enumerate(rows):
        for c, wanted in enumerate(row):
            pixel = image.getpixel((int((left + (c + 0.5) * module) * scale), int(top + (r + 0.5) * module * scale)))
            assert (pixel < 128) is wanted, (r, c)


def test_a_qr_code_has_its_finder_patterns_and_a_valid_format() -> None:
    rows = qr_rows("tickets/12-1-4")
    finder = [[cell == "#" for cell in row] for row in FINDER]
    size = len(rows)
    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        assert [row[left : left + 7] for row in rows[top : top + 7]] == finder
