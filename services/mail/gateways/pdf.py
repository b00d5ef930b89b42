"""Draws a ticket's document as PDF: the same document, the same bytes; and no text is ever read as markup."""

import io
import threading

from reportlab import rl_config
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel
from reportlab.pdfgen.canvas import Canvas

from services.mail.domain.layout import Page, Style, Symbol, Text
from services.mail.domain.printed import TicketDocument, lay_out
from services.mail.domain.ticket import printable
from services.mail.gateways.fonts import ticket_fonts

# Compressed streams stay binary; by default reportlab writes them as text, a quarter longer.
rl_config.useA85 = 0

RULE_WIDTH = 0.5
LOCK = threading.Lock()  #: a font reads its file through one cursor
# Readers take any of the eight masks. Choosing the prettiest, as the standard would have it, takes longer
# than drawing the ticket.
QR_MASK = 2


class PdfTicketPrinter:
    """Prints tickets on reportlab's canvas; `drawString` only, since its paragraphs would interpret `<b>`."""

    def __init__(self) -> None:
        self._fonts = ticket_fonts()

    def render(self, document: TicketDocument) -> bytes:
        """The ticket's PDF."""
        with LOCK:
            pages = lay_out(document, self._measure)
            buffer = io.BytesIO()
            canvas = Canvas(buffer, invariant=1, pageCompression=1, lang=document.words.language)
            ticket = document.ticket
            canvas.setTitle(f"{document.words.ticket} {ticket.number}")
            canvas.setAuthor(printable(document.company))
            canvas.setSubject(ticket.name)
            canvas.setCreator("Backroom")
            for font in self._fonts.values():
                font.prepare(canvas._doc)  # type: ignore[attr-defined]  # fonts keep state by document
            for page in pages:
                self._draw(canvas, page)
            canvas.save()
        return buffer.getvalue()

    def _measure(self, text: str, style: Style, size: float) -> float:
        font = self._fonts[style]
        return font.stringWidth(font.drawable(text), size)

    def _draw(self, canvas: Canvas, page: Page) -> None:
        canvas.setPageSize((page.width, page.height))
        canvas.setLineWidth(RULE_WIDTH)
        for item in page.items:
            match item:
                case Text():
                    font = self._fonts[item.style]
                    canvas.setFont(font.fontName, item.size)
                    canvas.drawString(item.x, page.height - item.y, font.drawable(item.text))
                case Symbol():
                    _draw_symbol(canvas, item, page.height - item.y)
                case _:
                    y = page.height - item.y
                    canvas.line(11, y, page.width - 11, y)
        canvas.showPage()


def _draw_symbol(canvas: Canvas, symbol: Symbol, top: float) -> None:
    """One filled path; dark modules that touch in a row are one rectangle."""
    rows = qr_rows(symbol.content)
    module = symbol.side / len(rows)
    path = canvas.beginPath()
    for index, row in enumerate(rows):
        begin = None
        for column, dark in enumerate([*row, False]):
            if dark and begin is None:
                begin = column
            elif not dark and begin is not None:
                bottom = top - (index + 1) * module
                path.rect(symbol.x + begin * module, bottom, (column - begin) * module, module)
                begin = None
    canvas.drawPath(path, stroke=0, fill=1)


def qr_rows(content: str) -> list[list[bool]]:
    """The modules of a QR code, True for dark."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(content)
    code.version = code.calculate_version()  # type: ignore[no-untyped-call]  # reportlab's
    code.makeImpl(False, QR_MASK)
    return [[bool(code.modules[row][column]) for column in range(code.moduleCount)] for row in range(code.moduleCount)]
