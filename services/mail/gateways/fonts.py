"""The typeface of tickets: Bitstream Vera from reportlab's wheel, cut to the same letters for every ticket.

Cutting and packing a font costs more than drawing a ticket. The letters of French and its neighbours always come
first, whatever the order in which a ticket uses them, so the cut is made and packed once and stands in every ticket
as it is.
"""

import unicodedata
import zlib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path

import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.pdfdoc import PDFDocument, PDFName, PDFStream
from reportlab.pdfbase.ttfonts import TTFont, TTFontFace

from services.mail.domain.layout import Style

FILES = {Style.REGULAR: "Vera.ttf", Style.BOLD: "VeraBd.ttf"}
FOLDER = Path(reportlab.__file__).parent / "fonts"
# After ASCII; others are added where a ticket has them.
LETTERS = "éàèêçùôîâûëïœŒÉÈÀÇÊÔÎÂÛ€«»’“”–…°×²äöüßÄÖÜñáíóúãõåæø"

# Letters with a stroke are no letter plus accent to Unicode.
STROKED = {"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Ħ": "H", "ħ": "h", "Ŧ": "T", "ŧ": "t"}


class _Face(TTFontFace):
    """A font file that remembers the cuts it has made."""

    @lru_cache(maxsize=32)  # noqa: B019 - lives as long as the process, as the two faces do
    def _cut(self, letters: tuple[int, ...]) -> tuple[int, bytes]:
        cut: bytes = super().makeSubset(letters)
        return len(cut), zlib.compress(cut, 9)

    def makeSubset(self, subset: Sequence[int]) -> bytes:  # noqa: N802 - reportlab's name
        return self._cut(tuple(subset))[1]

    def addSubsetObjects(self, doc: PDFDocument, fontname: str, subset: list[int]) -> object:  # noqa: N802 - reportlab's name
        reference: object = super().addSubsetObjects(doc, fontname, subset)  # type: ignore[no-untyped-call]  # reportlab's
        stream = doc.idToObject[f"fontFile:{self.filename}({fontname})"]
        if not isinstance(stream, PDFStream):
            raise TypeError(type(stream).__name__)
        stream.dictionary["Length1"] = self._cut(tuple(subset))[0]
        stream.dictionary["Filter"] = PDFName("FlateDecode")  # packed already: reportlab applies no filter of its own
        return reference


class TicketFont(TTFont):
    """A font whose documents all begin with the same letters."""

    def __init__(self, style: Style) -> None:
        path = str(FOLDER / FILES[style])
        super().__init__(f"Ticket-{style}", path)
        self.face = _Face(path)
        self._stand_ins: dict[int, str] = {}

    def prepare(self, document: object) -> None:
        """Gives the letters their places in a document that nothing was drawn on yet."""
        self.splitString(LETTERS, document)

    def drawable(self, text: str) -> str:
        """The text with letters that the typeface lacks drawn without their accents: `Łódź` reads `Lódz`."""
        if text.isascii():
            return text
        for letter in text:
            if ord(letter) not in self._stand_ins:
                self._stand_ins[ord(letter)] = self._stand_in(letter)
        return text.translate(self._stand_ins)

    def _stand_in(self, letter: str) -> str:
        if self._has(letter) or letter == "\xa0":
            return letter
        base = STROKED.get(letter) or unicodedata.normalize("NFKD", letter)
        known = "".join(part for part in base if self._has(part))
        return known or letter  # else the box that says: a letter is missing here

    def _has(self, letter: str) -> bool:
        return ord(letter) in self.face.charToGlyph


@cache
def ticket_fonts() -> Mapping[Style, TicketFont]:
    """The fonts of this process; reportlab finds them by their names."""
    fonts = {style: TicketFont(style) for style in Style}
    for font in fonts.values():
        pdfmetrics.registerFont(font)
    return fonts
