from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.sales.domain.corrections import CorrectionPlan, Kit, Part, Rules, Shop, plan_corrections
from services.sales.domain.movements import StoreItem
from services.sales.domain.posting import PendingLine, ReturnKey
from services.sales.domain.states import CorrectionMethod, LineProblem
from tests.sales.domain.lines import DAY, Night, nights, pending

SHOPS = {store: Shop(legal_entity=1, first_day=DAY, donor_rank=store) for store in (1, 2, 3)}
KITS = (Kit(item=2, model=2, parts=(Part(item=1, model=1, quantity=Decimal(2)),)),)
rules = st.builds(
    Rules,
    method=st.sampled_from(CorrectionMethod),
    unknown_codes_subfamily=st.sampled_from(("", "ZZZ Divers")),
    correct_returns=st.booleans(),
    open_kits=st.booleans(),
    adjust_remainder=st.booleans(),
)
transfers_only = st.builds(Rules, correct_returns=st.booleans())


def correct(
    lines: Sequence[PendingLine],
    stock: dict[StoreItem, Decimal],
    chosen: Rules = Rules(),  # noqa: B008 - frozen
    *,
    others: Sequence[PendingLine] = (),
    returned: dict[ReturnKey, Decimal] | None = None,
    shops: dict[int, Shop] = SHOPS,
) -> CorrectionPlan:
    kits = KITS if chosen.open_kits else ()
    return plan_corrections(lines, others, stock, returned or {}, shops, chosen, kits)


def after(stock: dict[StoreItem, Decimal], plan: CorrectionPlan) -> dict[StoreItem, Decimal]:
    """What the stores hold once a plan is applied."""
    left: dict[StoreItem, Decimal] = defaultdict(Decimal, stock)
    for transfer in plan.transfers:
        left[StoreItem(transfer.donor, transfer.item)] -= transfer.quantity
        left[StoreItem(transfer.receiver, transfer.item)] += transfer.quantity
    for adjustment in plan.adjustments:
        left[StoreItem(adjustment.store, adjustment.item)] += adjustment.quantity
    for opening in plan.openings:
        left[StoreItem(opening.store, opening.kit.item)] -= opening.quantity
        for part in opening.kit.parts:
            left[StoreItem(opening.store, part.item)] += opening.quantity * part.quantity
    for tried in plan.posted:
        left[StoreItem(tried.line.store, tried.line.item or 0)] += tried.moves
    return left


@given(nights(), rules)
def test_no_stock_falls_below_zero(night: Night, chosen: Rules) -> None:
    assert min(after(night.stock, correct(night.lines, night.stock, chosen)).values(), default=0) >= 0


@given(nights(), rules)
def test_every_line_is_posted_or_assigned_or_stays_once(night: Night, chosen: Rules) -> None:
    plan = correct(night.lines, night.stock, chosen)
    told = [each.line.key for each in (*plan.posted, *plan.remaining)] + [each.key for each in plan.assigned]
    assert sorted(told) == sorted(line.key for line in night.lines)
    assert all(each.problem is not None for each in plan.remaining)


@given(nights(), rules)
def test_a_second_correction_changes_nothing(night: Night, chosen: Rules) -> None:
    first = correct(night.lines, night.stock, chosen)
    returned: dict[ReturnKey, Decimal] = defaultdict(Decimal)
    for each in first.posted:
        if each.line.quantity < 0:
            returned["", each.line.store, each.line.item or 0] -= each.line.quantity
    left = [each.line for each in first.remaining]
    second = correct(left, dict(after(night.stock, first)), chosen, returned=returned)
    assert second.changes_nothing


@given(nights(), transfers_only)
def test_transfers_make_no_unit_and_lose_none(night: Night, chosen: Rules) -> None:
    plan = correct(night.lines, night.stock, chosen)
    moved = sum((each.moves for each in plan.posted), Decimal(0))
    assert sum(after(night.stock, plan).values()) == sum(night.stock.values()) + moved
    assert not plan.adjustments
    assert not plan.openings


@given(nights(returns=False), transfers_only)
def test_a_donor_keeps_what_its_own_pending_lines_need(night: Night, chosen: Rules) -> None:
    plan = correct(night.lines, night.stock, chosen)
    given_away: dict[StoreItem, Decimal] = defaultdict(Decimal)
    for transfer in plan.transfers:
        given_away[StoreItem(transfer.donor, transfer.item)] += transfer.quantity
    for place, units in given_away.items():
        needs = sum(
            line.quantity
            for line in night.lines
            if (line.store, line.item) == place and line.quantity > 0 and line.stocked
        )
        assert units <= night.stock[place] - needs


@given(nights(), transfers_only)
def test_units_are_moved_only_to_be_sold(night: Night, chosen: Rules) -> None:
    plan = correct(night.lines, night.stock, chosen)
    for transfer in plan.transfers:
        sold = sum(
            -each.moves
            for each in plan.posted
            if (each.line.store, each.line.item) == (transfer.receiver, transfer.item) and each.moves < 0
        )
        assert 0 < transfer.quantity <= sold
        assert transfer.donor != transfer.receiver


@given(nights(), rules)
def test_what_is_adjusted_in_full_leaves_no_shortage(night: Night, chosen: Rules) -> None:
    plan = correct(night.lines, night.stock, chosen)
    if chosen.method is CorrectionMethod.ADJUSTMENT or chosen.adjust_remainder:
        assert all(each.problem is not LineProblem.INSUFFICIENT_STOCK for each in plan.remaining)
    else:
        assert not plan.adjustments


def test_the_earliest_sale_is_served_first_by_the_first_donor() -> None:
    lines = [pending(1, 3, 1, 2), pending(2, 2, 1, 2)]
    plan = correct(lines, {StoreItem(1, 1): Decimal(3)})
    assert [(each.donor, each.receiver, int(each.quantity)) for each in plan.transfers] == [(1, 3, 2)]
    assert [each.line.key.ticket for each in plan.remaining] == [2]


def test_donors_give_in_the_order_of_their_priority() -> None:
    ranks = {1: None, 2: 2, 3: 1}
    shops = {store: Shop(legal_entity=1, first_day=DAY, donor_rank=rank) for store, rank in ranks.items()}
    stock = {StoreItem(2, 1): Decimal(2), StoreItem(3, 1): Decimal(1)}
    plan = correct([pending(1, 1, 1, 2)], stock, shops=shops)
    assert [(each.donor, int(each.quantity)) for each in plan.transfers] == [(3, 1), (2, 1)]


def test_goods_never_leave_their_legal_entity() -> None:
    shops = {
        1: Shop(legal_entity=1, first_day=DAY, donor_rank=1),
        2: Shop(legal_entity=2, first_day=DAY, donor_rank=2),
    }
    plan = correct([pending(1, 1, 1, 1)], {StoreItem(2, 1): Decimal(9)}, shops=shops)
    assert not plan.transfers
    assert [each.problem for each in plan.remaining] == [LineProblem.INSUFFICIENT_STOCK]


def test_a_line_that_cannot_be_covered_in_full_moves_nothing() -> None:
    plan = correct([pending(1, 1, 1, 5)], {StoreItem(2, 1): Decimal(4)})
    assert plan.changes_nothing
    assert len(plan.remaining) == 1


def test_what_donors_lack_is_adjusted_where_the_option_says_so() -> None:
    plan = correct([pending(1, 1, 1, 5)], {StoreItem(2, 1): Decimal(4)}, Rules(adjust_remainder=True))
    assert [each.quantity for each in plan.transfers] == [4]
    assert [each.quantity for each in plan.adjustments] == [1]


def test_movements_are_dated_on_the_first_day_in_error_of_the_receiver() -> None:
    first = date(2016, 12, 24)
    shops = {**SHOPS, 1: Shop(legal_entity=1, first_day=first, donor_rank=1)}
    plan = correct([pending(1, 1, 1, 1)], {StoreItem(2, 1): Decimal(1)}, shops=shops)
    assert [each.on for each in plan.transfers] == [first]


def test_lines_that_are_not_corrected_keep_what_they_need() -> None:
    other = pending(9, 2, 1, 1)
    plan = correct([pending(1, 1, 1, 1)], {StoreItem(2, 1): Decimal(1)}, others=[other])
    assert plan.changes_nothing


def test_kits_are_opened_whole_before_anything_is_transferred() -> None:
    stock = {StoreItem(1, 2): Decimal(3), StoreItem(2, 1): Decimal(9)}
    plan = correct([pending(1, 1, 1, 3)], stock, Rules(open_kits=True))
    assert [(each.store, each.kit.item, int(each.quantity)) for each in plan.openings] == [(1, 2, 2)]
    assert not plan.transfers
    assert after(stock, plan)[StoreItem(1, 1)] == 1


def test_returns_without_a_sale_are_credited_and_can_then_be_given() -> None:
    lines = [pending(1, 1, 1, 1), pending(2, 2, 1, -1)]
    plan = correct(lines, {})
    assert [each.key.ticket for each in plan.credited] == [2]
    assert [(each.donor, each.receiver) for each in plan.transfers] == [(2, 1)]
    assert not plan.remaining
