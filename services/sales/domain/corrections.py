"""Automatic correction of sales that could not be posted (seed: Correction automatique des ventes).

Goods are moved only so that a recorded sale can be posted: a line is covered in full, or nothing is moved for it.
Stock, everywhere here, is saleable stock: unsaleable goods that wait for their voucher (`set_apart`) cover no sale.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from services.sales.domain.average_cost import ZERO
from services.sales.domain.movements import StoreItem
from services.sales.domain.posting import PendingLine, Poster, ReturnKey, TriedLine
from services.sales.domain.set_apart import NOTHING_APART, SetApart
from services.sales.domain.states import CorrectionMethod, LineProblem

ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a correction may do."""

    method: CorrectionMethod = CorrectionMethod.TRANSFER
    unknown_codes_subfamily: str = "ZZZ Divers"  #: takes sales of unknown codes; empty: they stay in error
    correct_returns: bool = True  #: return errors credit sales and stock
    open_kits: bool = False  #: kits in the store supply their components
    adjust_remainder: bool = False  #: what no donor can cover is adjusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """A store as a correction sees it."""

    legal_entity: int  #: goods move only within one (one currency)
    first_day: date | None = None  #: its first day in error, which movements are dated; None: not corrected
    donor_rank: int | None = None  #: its place among the donors, lowest first; None: gives nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A component of a kit."""

    item: int
    model: int
    quantity: Decimal  #: units in one kit, > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """An item that is made of others ("lot")."""

    item: int
    model: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Units of one item moved from a donor store so that recorded sales can be posted."""

    item: int
    model: int
    donor: int
    receiver: int
    quantity: Decimal  #: units, > 0
    on: date  #: business day the movement is dated


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """Units of one item that turn up in a store so that recorded sales can be posted."""

    item: int
    model: int
    store: int
    quantity: Decimal  #: units, > 0
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class KitOpening:
    """Kits of a store that become their components."""

    kit: Kit
    store: int
    quantity: Decimal  #: kits, whole, > 0
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionPlan:
    """What a correction does, and what it cannot."""

    transfers: tuple[Transfer, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    openings: tuple[KitOpening, ...] = ()
    posted: tuple[TriedLine, ...] = ()  #: in the order they are posted
    credited: tuple[PendingLine, ...] = ()  #: of these, returns without a sale
    assigned: tuple[PendingLine, ...] = ()  #: unknown codes that become sales of the sub-family
    remaining: tuple[TriedLine, ...] = ()  #: stay in error, with the reason

    @property
    def changes_nothing(self) -> bool:
        return not (self.posted or self.assigned or self.transfers or self.adjustments or self.openings)


def plan_corrections(
    lines: Sequence[PendingLine],
    others: Iterable[PendingLine],
    stock: Mapping[StoreItem, Decimal],
    returned: Mapping[ReturnKey, Decimal],
    shops: Mapping[int, Shop],
    rules: Rules,
    kits: Sequence[Kit] = (),
    apart: SetApart = NOTHING_APART,
) -> CorrectionPlan:
    """Plans the correction of `lines`, given in the order of time; earliest sale first.

    `others` are pending lines that are not corrected now: donors keep what they need, as what their corrected lines
    need.
    """
    return _Correction(lines, others, Poster(stock, returned, apart), shops, rules, kits).plan()


class _Correction:
    """The state while a plan is made."""

    def __init__(
        self,
        lines: Sequence[PendingLine],
        others: Iterable[PendingLine],
        post: Poster,
        shops: Mapping[int, Shop],
        rules: Rules,
        kits: Sequence[Kit],
    ) -> None:
        self.lines, self.post, self.shops, self.rules = lines, post, shops, rules
        self.needs: dict[StoreItem, Decimal] = defaultdict(Decimal)
        for line in (*lines, *others):
            if line.item is not None and line.quantity > 0 and line.stocked:
                self.needs[StoreItem(line.store, line.item)] += line.quantity
        self.donors: dict[int, list[int]] = {}
        self.kits_of: dict[int, list[tuple[Kit, Part]]] = defaultdict(list)
        for kit in sorted(kits, key=lambda kit: kit.item):
            for part in kit.parts:
                self.kits_of[part.item].append((kit, part))
        self.models: dict[int, int] = {}
        self.transfers: dict[tuple[int, int, int], Decimal] = defaultdict(Decimal)
        self.adjustments: dict[StoreItem, Decimal] = defaultdict(Decimal)
        self.openings: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
        self.posted: list[TriedLine] = []
        self.credited: list[PendingLine] = []

    def plan(self) -> CorrectionPlan:
        assigned, remaining = [], []
        returns = [line for line in self.lines if line.item is not None and line.quantity < 0]
        waiting = [line for line in self.lines if line.item is not None and line.quantity >= 0]
        for line in self.lines:
            if line.item is None:
                if self.rules.unknown_codes_subfamily:
                    assigned.append(line)
                else:
                    remaining.append(TriedLine(line=line, problem=LineProblem.UNKNOWN_CODE))
        for line in returns:  # first, so that what came back can be sold
            tried = self.post(line)
            if tried.problem is not None and self.rules.correct_returns:
                tried = self.post.take_back(line)
                self.credited.append(line)
            (remaining if tried.problem is not None else self.posted).append(tried)
        self.donors = self._ranked_donors()
        while True:  # an opened kit may supply a line that had to wait; without kits the second turn finds nothing
            waiting, before = [line for line in waiting if not self._sell(line)], len(waiting)
            if len(waiting) == before or not self.kits_of:
                break
            self.donors = self._ranked_donors()
        remaining.extend(TriedLine(line=line, problem=LineProblem.INSUFFICIENT_STOCK) for line in waiting)
        return CorrectionPlan(
            transfers=tuple(
                Transfer(
                    item=item,
                    model=self.models[item],
                    donor=donor,
                    receiver=receiver,
                    quantity=units,
                    on=self._first_day(receiver),
                )
                for (donor, receiver, item), units in self.transfers.items()
            ),
            adjustments=tuple(
                Adjustment(item=item, model=self.models[item], store=store, quantity=units, on=self._first_day(store))
                for (store, item), units in self.adjustments.items()
            ),
            openings=self._opened(),
            posted=tuple(self.posted),
            credited=tuple(self.credited),
            assigned=tuple(assigned),
            remaining=tuple(sorted(remaining, key=lambda tried: tried.line.key)),
        )

    def _ranked_donors(self) -> dict[int, list[int]]:
        """Item → the donors that have a stock of it, in the order of their priority."""
        ranks = {store: shop.donor_rank for store, shop in self.shops.items() if shop.donor_rank is not None}
        donors: dict[int, list[int]] = defaultdict(list)
        for store, item in self.post.stock:
            if store in ranks:
                donors[item].append(store)
        for stores in donors.values():
            stores.sort(key=lambda store: (ranks[store], store))
        return donors

    def _sell(self, line: PendingLine) -> bool:
        """Posts a sale, with what can be moved for it; False where it cannot be covered, and nothing has changed."""
        tried = self.post(line)
        if tried.problem is LineProblem.INSUFFICIENT_STOCK and self._supply(line):
            tried = self.post(line)
        if tried.problem is not None:
            return False
        self.posted.append(tried)
        if line.stocked and line.item is not None:
            self.needs[StoreItem(line.store, line.item)] -= line.quantity
        return True

    def _supply(self, line: PendingLine) -> bool:
        if line.item is None or line.model is None:
            return False
        place = StoreItem(line.store, line.item)
        missing = line.quantity - self.post.stock.get(place, ZERO)
        opened, missing = self._kits(place, missing)
        given, missing = self._gifts(place, missing)
        adjusted = ZERO
        if self.rules.method is CorrectionMethod.ADJUSTMENT or self.rules.adjust_remainder:
            adjusted, missing = missing, ZERO
        if missing > 0:
            return False
        self.models[line.item] = line.model
        for kit, count in opened:
            self._move(StoreItem(line.store, kit.item), -count)
            for part in kit.parts:
                self._move(StoreItem(line.store, part.item), count * part.quantity)
            self.openings[line.store, kit.item] += count
        for donor, units in given:
            self._move(StoreItem(donor, line.item), -units)
            self._move(place, units)
            self.transfers[donor, line.store, line.item] += units
        if adjusted > 0:
            self._move(place, adjusted)
            self.adjustments[place] += adjusted
        return True

    def _kits(self, place: StoreItem, missing: Decimal) -> tuple[list[tuple[Kit, Decimal]], Decimal]:
        """Kits to open in the store, and what is still missing then."""
        opened: list[tuple[Kit, Decimal]] = []
        if self.rules.open_kits:
            for kit, part in self.kits_of.get(place.item, ()):
                spare = self._spare(StoreItem(place.store, kit.item)).to_integral_value(ROUND_FLOOR)
                count = min((missing / part.quantity).to_integral_value(ROUND_CEILING), spare)
                if count > 0:
                    opened.append((kit, count))
                    missing = max(missing - count * part.quantity, ZERO)
                if missing == 0:
                    break
        return opened, missing

    def _gifts(self, place: StoreItem, missing: Decimal) -> tuple[list[tuple[int, Decimal]], Decimal]:
        """What donors give, in the order of their priority, and what is still missing then."""
        given: list[tuple[int, Decimal]] = []
        if self.rules.method is CorrectionMethod.TRANSFER:
            legal_entity = self.shops[place.store].legal_entity
            for donor in self.donors.get(place.item, ()):
                if missing == 0:
                    break
                if donor == place.store or self.shops[donor].legal_entity != legal_entity:
                    continue
                units = min(self._spare(StoreItem(donor, place.item)), missing)
                if units > 0:
                    given.append((donor, units))
                    missing -= units
        return given, missing

    def _spare(self, place: StoreItem) -> Decimal:
        return self.post.stock.get(place, ZERO) - self.needs.get(place, ZERO)

    def _move(self, place: StoreItem, units: Decimal) -> None:
        self.post.stock[place] = self.post.stock.get(place, ZERO) + units

    def _first_day(self, store: int) -> date:
        day = self.shops[store].first_day
        if day is None:
            raise ValueError(f"store {store} has no day in error, yet a line of it is corrected")
        return day

    def _opened(self) -> tuple[KitOpening, ...]:
        kits = {kit.item: kit for pairs in self.kits_of.values() for kit, _ in pairs}
        return tuple(
            KitOpening(kit=kits[item], store=store, quantity=count, on=self._first_day(store))
            for (store, item), count in self.openings.items()
        )
