from datetime import date
from decimal import Decimal

from services.sales.domain.average_cost import Holding, value_unit
from services.sales.domain.defectives import DefectiveLine, DefectivesPlan, plan_defectives
from services.sales.domain.movements import EntityModel, Ledger, LineKey, StoreItem
from services.sales.domain.states import DefectivesPolicy, VoucherType

TODAY = date(2017, 2, 1)


def defective(
    number: int,
    *,
    store: int = 1,
    item: int = 1,
    collection: str = "2017-T1",
    supplier: int = 1,
    policy: DefectivesPolicy = DefectivesPolicy.ADJUSTMENT,
) -> DefectiveLine:
    return DefectiveLine(
        key=LineKey(number, 1),
        store=store,
        item=item,
        model=item,
        collection=collection,
        supplier=supplier,
        policy=policy,
        quantity=Decimal(1),
    )


def clear(*lines: DefectiveLine, stock: int = 9) -> DefectivesPlan:
    held = Holding(quantity=Decimal(90), value=Decimal(225), cost=Decimal("2.5"))
    ledger = Ledger(holdings={EntityModel(1, item): held for item in (1, 2)}, units={1: value_unit("EUR")})
    levels = {StoreItem(store, item): Decimal(stock) for store in (1, 2) for item in (1, 2)}
    return plan_defectives(lines, levels, ledger, {1: 1, 2: 1}, TODAY)


def test_a_destruction_voucher_is_per_store_and_collection_and_names_no_supplier() -> None:
    plan = clear(
        defective(1), defective(2, supplier=2), defective(3, item=2, collection="2017-T2"), defective(4, store=2)
    )
    keys = [(each.key.store, each.key.collection, each.key.supplier) for each in plan.vouchers]
    assert keys == [(1, "2017-T1", None), (1, "2017-T2", None), (2, "2017-T1", None)]
    assert {(each.key.type, each.key.on) for each in plan.vouchers} == {(VoucherType.DESTRUCTION, TODAY)}


def test_a_supplier_return_is_per_supplier_too() -> None:
    returned = DefectivesPolicy.SUPPLIER_RETURN
    plan = clear(defective(1, policy=returned), defective(2, policy=returned, supplier=2))
    assert [(each.key.type, each.key.supplier) for each in plan.vouchers] == [
        (VoucherType.SUPPLIER_RETURN, 1),
        (VoucherType.SUPPLIER_RETURN, 2),
    ]


def test_vouchers_are_valued_at_pamp_and_take_out_what_came_in() -> None:
    (voucher,) = clear(defective(1), defective(2)).vouchers
    assert [(line.quantity, line.cost, line.value) for line in voucher.lines] == [
        (Decimal(-2), Decimal("2.5"), Decimal("-5.00"))
    ]


def test_what_was_sold_again_waits() -> None:
    plan = clear(defective(1), defective(2), stock=1)
    assert [key for key, _ in plan.treated] == [LineKey(1, 1)]
    assert [line.key for line in plan.lacking] == [LineKey(2, 1)]
