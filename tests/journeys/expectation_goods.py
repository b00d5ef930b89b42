"""Posting, correction and clearing of defectives, line by line; see `expectation` for the rules."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from console.demo.facts import Catalogue, DefectivesPolicy, Line, Receipt, Ticket
from tests.journeys.expectation_costs import CostBook
from tests.journeys.expectation_facts import (
    NOT_SOLD,
    POSTED,
    SHORT,
    UNKNOWN_CODE,
    UP_TO_DATE,
    VALIDATED,
    WRONG_DAY,
    WRONG_TICKET,
    Bon,
    Day,
    LineName,
    Place,
    Stage,
    Totals,
    Transfer,
)

COST_DIGITS = 100  #: a receipt's cost is told in ten-thousandths, kept in millionths


@dataclass(frozen=True, slots=True)
class _Sold:
    """A line with its ticket."""

    ticket: Ticket
    number: int
    line: Line

    @property
    def name(self) -> LineName:
        return LineName(self.ticket.name, self.number)

    @property
    def place(self) -> Place:
        return Place(self.ticket.store, self.line.item)

    @property
    def time(self) -> tuple[object, ...]:
        ticket = self.ticket
        return ticket.close_time, int(ticket.store), ticket.register, ticket.number, self.number


class Chain:
    """The chain's stock while the night goes by. Call the steps in their order, once each."""

    def __init__(self, catalogue: Catalogue, receipts: Iterable[Receipt], tickets: Sequence[Ticket]) -> None:
        self.models = {model.code: model for model in catalogue.models}
        self.brands = {brand.code: brand for brand in catalogue.brands}
        self.policies = {supplier.code: supplier.policy for supplier in catalogue.suppliers}
        self.prefixes = {store.code: store.voucher_prefix for store in catalogue.stores}
        self.stores = [store.code for store in catalogue.stores]
        self.tickets = {ticket.name: ticket for ticket in tickets}
        self.lines = sorted(
            (_Sold(ticket, number, line) for ticket in tickets for number, line in enumerate(ticket.lines, 1)),
            key=lambda sold: sold.time,
        )
        self.outcome: dict[LineName, str] = {}
        self.issued_at: dict[LineName, int] = {}  #: PAMP at which a sale left
        self.back: dict[object, int] = defaultdict(int)  #: units that came back, by named ticket and item, or by place
        self.stock: dict[Place, int] = defaultdict(int)
        self.aside: dict[Place, int] = defaultdict(int)  #: of it, what came back unsaleable and will leave
        self.costs = CostBook()
        self.transfers: list[Transfer] = []
        self.vouchers: list[Bon] = []
        self.numbers: dict[str, int] = defaultdict(int)
        self.treated: list[tuple[LineName, str]] = []
        self._receive(receipts)

    def _receive(self, receipts: Iterable[Receipt]) -> None:
        written: dict[tuple[str, date], list[tuple[int, int]]] = defaultdict(list)
        for receipt in receipts:
            cents = self.costs.receive(receipt.item, receipt.quantity, receipt.unit_cost * COST_DIGITS)
            self.stock[Place(receipt.store, receipt.item)] += receipt.quantity
            written[receipt.store, receipt.business_date].append((receipt.quantity, cents))
        for (store, day), lines in sorted(written.items(), key=lambda each: (int(each[0][0]), each[0][1])):
            self._voucher("REC", store, lines, business_date=day)

    def post(self) -> None:
        """Each store's lines in the order of time."""
        for store in self.stores:
            for sold in self.lines:
                if sold.ticket.store == store:
                    self.outcome[sold.name] = self._post(sold)

    def correct(self) -> Totals:
        """Unknown codes, then returns, then sales, earliest first, with transfers for what is short."""
        before = self.stage()
        first_days = self._first_days(before)
        wrong = [sold for sold in self.lines if self.outcome[sold.name] != POSTED]
        totals = {"reassigned": 0, "credited": 0}
        needs: dict[Place, int] = defaultdict(int)
        for sold in wrong:
            if self.outcome[sold.name] == SHORT:
                needs[sold.place] += sold.line.quantity
        moved: dict[tuple[str, str, str], int] = defaultdict(int)
        for sold in wrong:
            if self.outcome[sold.name] == UNKNOWN_CODE:
                self.outcome[sold.name] = POSTED
                totals["reassigned"] += 1
        supplied = []
        for sold in wrong:
            if self.outcome[sold.name] == NOT_SOLD and self._post(sold) != POSTED:
                self._take_back(sold, None)
                totals["credited"] += 1
                self.outcome[sold.name] = POSTED
        for sold in wrong:
            if self.outcome[sold.name] == SHORT and self._supply(sold, needs, moved):
                supplied.append(sold)
                self.stock[sold.place] -= sold.line.quantity
                needs[sold.place] -= sold.line.quantity
                self.outcome[sold.name] = POSTED
        self._write_transfers(moved, first_days)
        for sold in supplied:  # booked behind the transfers, which change no value
            self.costs.issue(sold.line.item, sold.line.quantity)
        remaining = sum(problem != POSTED for problem in self.outcome.values())
        return Totals(transferred=sum(moved.values()), remaining=remaining, **totals)

    def clear_defectives(self, tonight: date) -> None:
        """Every treatable defective line leaves stock by a voucher of its store."""
        keys: dict[tuple[str, str, str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
        values: dict[tuple[str, str, str, str], list[tuple[int, int]]] = defaultdict(list)
        chosen: list[tuple[LineName, tuple[str, str, str, str]]] = []
        left = dict(self.stock)
        tickets = self.stage().tickets
        for sold in self.lines:
            supplier = self._only_supplier(sold.line.item)
            if not sold.line.defective or supplier is None or tickets[sold.ticket.name] != VALIDATED:
                continue
            units = -sold.line.quantity
            left[sold.place] -= units
            self.aside[sold.place] -= units
            sent_back = self.policies[supplier] is DefectivesPolicy.SUPPLIER_RETURN
            collection = self.models[sold.line.item].collection
            key = (sold.ticket.store, *(("RFD", supplier) if sent_back else ("BDD", "")), collection)
            keys[key][sold.line.item] += units
            chosen.append((sold.name, key))
        for key, items in keys.items():
            for item, units in items.items():
                values[key].append((-units, -self.costs.issue(item, units)))
        names = {}
        for key in sorted(keys, key=lambda key: (int(key[0]), key[1], int(key[2] or 0), key[3])):
            store, kind, supplier, collection = key
            bon = self._voucher(
                kind, store, values[key], supplier=supplier, collection=collection, business_date=tonight
            )
            names[key] = bon.name
        self.stock = defaultdict(int, left)
        self.treated = [(line, names[key]) for line, key in chosen]

    def stage(self) -> Stage:
        """How things stand now."""
        tickets = dict.fromkeys(self.tickets, VALIDATED)
        for line, problem in self.outcome.items():
            if problem != POSTED:
                tickets[line.ticket] = WRONG_TICKET
        days: dict[Day, str] = {}
        for name, state in tickets.items():
            ticket = self.tickets[name]
            day = Day(ticket.business_date, ticket.store, ticket.register)
            days[day] = WRONG_DAY if WRONG_TICKET in (state, days.get(day)) else UP_TO_DATE
        return Stage(lines=dict(self.outcome), tickets=tickets, days=days, stock=self.levels())

    def levels(self) -> dict[Place, int]:
        """Stock, without what is nothing."""
        return {place: units for place, units in self.stock.items() if units}

    def _post(self, sold: _Sold) -> str:
        item, quantity = sold.line.item, sold.line.quantity
        model = self.models.get(item)
        if model is None:
            return UNKNOWN_CODE
        if quantity < 0:
            named = sold.line.returned_ticket
            used = self.back[named, item] if named else self.back[sold.place]
            sales = list(self._sales_before(sold))
            if used - quantity > sum(sale.line.quantity for sale in sales):
                return NOT_SOLD
            self._take_back(sold, self.issued_at.get(sales[0].name) if named else None)
        elif quantity > 0 and model.stocked:
            if self.stock[sold.place] - self.aside[sold.place] < quantity:
                return SHORT
            self.stock[sold.place] -= quantity
            self.issued_at[sold.name] = self.costs.held[item].pamp
            self.costs.issue(item, quantity)
        return POSTED

    def _sales_before(self, back: _Sold) -> Iterator[_Sold]:
        for sale in self.lines:
            if sale.line.item != back.line.item or sale.line.quantity <= 0:
                continue
            if back.line.returned_ticket:
                if sale.ticket.name == back.line.returned_ticket:
                    yield sale
            elif sale.ticket.store == back.ticket.store and sale.time[:4] < back.time[:4]:
                yield sale

    def _take_back(self, sold: _Sold, cost: int | None) -> None:
        units = -sold.line.quantity
        self.back[sold.place] += units
        if sold.line.returned_ticket:
            self.back[sold.line.returned_ticket, sold.line.item] += units
        if self.models[sold.line.item].stocked:
            self.stock[sold.place] += units
            self.costs.come_back(sold.line.item, units, cost)
            if sold.line.defective and self._only_supplier(sold.line.item) is not None:
                self.aside[sold.place] += units

    def _supply(self, sold: _Sold, needs: dict[Place, int], moved: dict[tuple[str, str, str], int]) -> bool:
        """Brings what is missing from the other stores, all of it or nothing."""
        missing = sold.line.quantity - self.stock[sold.place] + self.aside[sold.place]
        gifts: list[tuple[str, int]] = []
        for donor in self.stores:
            place = Place(donor, sold.line.item)
            units = min(self.stock[place] - self.aside[place] - needs[place], missing)
            if donor != sold.ticket.store and units > 0:
                gifts.append((donor, units))
                missing -= units
        if missing > 0:
            return False
        for donor, units in gifts:
            self.stock[Place(donor, sold.line.item)] -= units
            self.stock[sold.place] += units
            moved[sold.ticket.store, donor, sold.line.item] += units
        return True

    def _write_transfers(self, moved: dict[tuple[str, str, str], int], first_days: dict[str, date]) -> None:
        written: dict[tuple[str, str, str], list[tuple[int, int]]] = defaultdict(list)
        for (receiver, donor, item), units in moved.items():
            written[receiver, donor, self.models[item].collection].append((units, self.costs.worth(item, units)))
            self.transfers.append(
                Transfer(donor=donor, receiver=receiver, item=item, units=units, business_date=first_days[receiver])
            )
        for (receiver, donor, collection), lines in sorted(
            written.items(), key=lambda each: (int(each[0][0]), int(each[0][1]), each[0][2])
        ):
            self._voucher(
                "TRF", receiver, lines, donor=donor, collection=collection, business_date=first_days[receiver]
            )

    def _first_days(self, stage: Stage) -> dict[str, date]:
        first: dict[str, date] = {}
        for day, state in sorted(stage.days.items()):
            if state == WRONG_DAY:
                first.setdefault(day.store, day.business_date)
        return first

    def _only_supplier(self, item: str) -> str | None:
        """The one supplier of the item's brand, where something is done with its defectives."""
        model = self.models.get(item)
        suppliers = self.brands[model.brand].suppliers if model and model.stocked else ()
        if len(suppliers) != 1 or self.policies[suppliers[0]] is DefectivesPolicy.NONE:
            return None
        return suppliers[0]

    def _voucher(
        self,
        kind: str,
        store: str,
        lines: Sequence[tuple[int, int]],
        *,
        business_date: date,
        donor: str = "",
        supplier: str = "",
        collection: str = "",
    ) -> Bon:
        prefix = self.prefixes[store]
        self.numbers[prefix] += 1
        bon = Bon(
            name=f"{prefix}-{self.numbers[prefix]:06}",
            type=kind,
            store=store,
            donor=donor,
            supplier=supplier,
            collection=collection,
            business_date=business_date,
            units=sum(units for units, _ in lines),
            cents=sum(cents for _, cents in lines),
            lines=len(lines),
        )
        self.vouchers.append(bon)
        return bon
