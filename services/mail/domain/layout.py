"""Where everything stands on a printed ticket: pure, so that it can be tested without drawing."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from services.mail.domain.ticket import printable

POINTS_PER_MM = 72 / 25.4
WIDTH = 80 * POINTS_PER_MM  #: the roll of a ticket printer
MARGIN = 4 * POINTS_PER_MM
TALLEST = 14_000.0  #: PDF readers stop at 14,400 points
LONGEST_TEXT = 400  #: characters of one text that are looked at
ELLIPSIS = "…"


class Style(StrEnum):
    """A weight of the typeface."""

    REGULAR = "regular"
    BOLD = "bold"


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text; `y` is its baseline, from the top."""

    x: float
    y: float
    text: str
    style: Style
    size: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A line over the whole width."""

    y: float


@dataclass(frozen=True, slots=True)
class Symbol:
    """A QR code; `y` is its upper edge, from the top."""

    x: float
    y: float
    side: float
    content: str


@dataclass(frozen=True, slots=True)
class Page:
    """One page; as tall as what stands on it."""

    width: float
    height: float
    items: tuple[Text | Rule | Symbol, ...]


Measure = Callable[[str, Style, float], float]


def fit(text: str, width: float, measure: Callable[[str], float]) -> str:
    """The text, or as much of its beginning as fits with an ellipsis."""
    if measure(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:  # the longest beginning that fits
        middle = (low + high + 1) // 2
        if measure(text[:middle].rstrip() + ELLIPSIS) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + ELLIPSIS


def wrap(text: str, width: float, rows: int, measure: Callable[[str], float]) -> list[str]:
    """At most `rows` rows no wider than `width`, broken at spaces where possible; the last one is cut."""
    rest = printable(text[:LONGEST_TEXT])
    wrapped: list[str] = []
    while rest and len(wrapped) < rows - 1 and measure(rest) > width:
        end = _longest(rest, width, measure)
        space = rest.rfind(" ", 0, end + 1)
        end = space if space > 0 else end
        wrapped.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return [*wrapped, fit(rest, width, measure)] if rest else wrapped


def _longest(text: str, width: float, measure: Callable[[str], float]) -> int:
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    return low


class Roll:
    """Paper that is written from top to bottom; a new page begins where the old one is full."""

    def __init__(self, measure: Measure) -> None:
        self._measure = measure
        self._pages: list[Page] = []
        self._items: list[Text | Rule | Symbol] = []
        self._y = MARGIN

    left = MARGIN
    right = WIDTH - MARGIN

    def width_of(self, text: str, style: Style, size: float) -> float:
        """Of a text, in points."""
        return self._measure(text, style, size)

    def room(self, height: float) -> None:
        """Begins a new page unless `height` is left on this one, so that what belongs together stays so."""
        if self._y + height + MARGIN > TALLEST:
            self._end_page()

    def space(self, height: float) -> None:
        """Leaves some paper empty."""
        self._y += height

    def row(self, size: float) -> None:
        """Moves to the baseline of a new row."""
        self.room(size * 1.3)
        self._y += size * 1.3

    def left_text(self, text: str, style: Style, size: float, x: float = MARGIN) -> None:
        """Puts text into this row, beginning at `x`."""
        self._items.append(Text(x, self._y, text, style, size))

    def right_text(self, text: str, style: Style, size: float, x: float = WIDTH - MARGIN) -> float:
        """Puts text into this row, ending at `x`; answers where it begins."""
        begin = x - self._measure(text, style, size)
        self._items.append(Text(begin, self._y, text, style, size))
        return begin

    def centred(self, text: str, style: Style, size: float, rows: int = 2) -> None:
        """New rows of centred text."""
        for part in wrap(text, self.right - self.left, rows, lambda piece: self._measure(piece, style, size)):
            self.row(size)
            x = (WIDTH - self._measure(part, style, size)) / 2
            self._items.append(Text(x, self._y, part, style, size))

    def rule(self) -> None:
        """A line across."""
        self.room(8)
        self._y += 4
        self._items.append(Rule(self._y))
        self._y += 2

    def symbol(self, content: str, side: float) -> None:
        """A QR code in the middle."""
        self.room(side + 8)
        self._y += 8
        self._items.append(Symbol((WIDTH - side) / 2, self._y, side, content))
        self._y += side

    def pages(self) -> tuple[Page, ...]:
        """Ends the last page and answers all."""
        self._end_page()
        return tuple(self._pages)

    def _end_page(self) -> None:
        self._pages.append(Page(WIDTH, self._y + MARGIN, tuple(self._items)))
        self._items, self._y = [], MARGIN
