"""Posting: each sale line moves stock once, in the order of time; one that cannot says why and stops no other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.sales.domain.average_cost import ZERO
from services.sales.domain.movements import LineKey, StoreItem
from services.sales.domain.set_apart import NOTHING_APART, SetApart
from services.sales.domain.states import LineProblem

ReturnKey = tuple[str, int, int]  #: (ticket named or "", store, item): whose sales a return uses up


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLine:
    """A line that is not posted yet."""

    key: LineKey
    store: int
    item: int | None  #: None where no item has the code
    model: int | None
    stocked: bool  #: False: the model keeps no stock
    quantity: Decimal  #: units; negative for a return
    business_date: date
    returned_ticket: str = ""  #: what a return names
    returnable: Decimal = ZERO  #: of a return: units that the register's records say were sold before
    sale: LineKey | None = None  #: of a return: the line that sold it, where known
    issue_cost: Decimal | None = None  #: of a return: what a unit cost when it was sold, where known

    @property
    def return_keys(self) -> tuple[ReturnKey, ...]:
        """What a return uses up; the first decides."""
        item = self.item or 0
        by_store = ("", self.store, item)
        return ((self.returned_ticket, 0, item), by_store) if self.returned_ticket else (by_store,)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedLine:
    """What became of a line."""

    line: PendingLine
    problem: LineProblem | None = None  #: None: posted
    moves: Decimal = ZERO  #: units that it moves, signed as they change the store's stock


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingPlan:
    """What posting does."""

    tried: tuple[TriedLine, ...]  #: every line, in the order given

    @property
    def posted_count(self) -> int:
        return sum(1 for tried in self.tried if tried.problem is None)


def plan_posting(
    lines: Iterable[PendingLine],
    stock: Mapping[StoreItem, Decimal],
    returned: Mapping[ReturnKey, Decimal],
    apart: SetApart = NOTHING_APART,
) -> PostingPlan:
    """Tries each line, given in the order of time. `returned`: units that posted returns have used up already."""
    post = Poster(stock, returned, apart)
    return PostingPlan(tried=tuple(post(line) for line in lines))


class Poster:
    """Saleable stock and returns while lines are tried one after the other."""

    def __init__(
        self,
        stock: Mapping[StoreItem, Decimal],
        returned: Mapping[ReturnKey, Decimal],
        apart: SetApart = NOTHING_APART,
    ) -> None:
        self.stock = apart.saleable(stock)
        self.returned = dict(returned)
        self._unsaleable = apart.lines

    def __call__(self, line: PendingLine) -> TriedLine:
        """Posts the line, or says why not; then nothing has changed."""
        if line.item is None:
            return TriedLine(line=line, problem=LineProblem.UNKNOWN_CODE)
        if line.quantity < 0:
            units = -line.quantity
            if self.returned.get(line.return_keys[0], ZERO) + units > line.returnable:
                return TriedLine(line=line, problem=LineProblem.RETURN_WITHOUT_SALE)
            return self.take_back(line)
        if line.quantity == 0 or not line.stocked:
            return TriedLine(line=line)
        place = StoreItem(line.store, line.item)
        left = self.stock.get(place, ZERO) - line.quantity
        if left < 0:
            return TriedLine(line=line, problem=LineProblem.INSUFFICIENT_STOCK)
        self.stock[place] = left
        return TriedLine(line=line, moves=-line.quantity)

    def take_back(self, line: PendingLine) -> TriedLine:
        """Posts a return whatever was sold."""
        units = -line.quantity
        for key in line.return_keys:
            self.returned[key] = self.returned.get(key, ZERO) + units
        if not line.stocked or line.item is None:
            return TriedLine(line=line)
        if line.key not in self._unsaleable:
            place = StoreItem(line.store, line.item)
            self.stock[place] = self.stock.get(place, ZERO) + units
        return TriedLine(line=line, moves=units)
