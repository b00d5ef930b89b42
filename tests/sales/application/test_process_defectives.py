from datetime import UTC, datetime
from decimal import Decimal

from chassis.operations import Operation
from services.sales.application.import_catalogue import import_catalogue
from services.sales.domain.catalogue import BrandFacts, CatalogueBatch, SupplierFacts
from services.sales.domain.states import DefectivesPolicy
from tests.sales.chain import Chain, line, model, ticket


def report(operation: Operation) -> list[str]:
    assert operation.outcome is not None, operation.error
    return operation.outcome.report.splitlines()


def brought_back(chain: Chain, item: str = "A", *, policy: DefectivesPolicy = DefectivesPolicy.ADJUSTMENT) -> None:
    """Store 1 sold two and took one back that is broken."""
    chain.catalogue(policy=policy)
    chain.receive(("1", item, 2), cost="2.50")
    sold = ticket("1", line(item, 2), number=1)
    chain.record(sold, ticket("1", line(item, -1, of=str(sold.name), defective=True), number=2, minute=5))
    chain.post()
    assert chain.stock() == {("1", item): Decimal(1)}


def test_what_came_back_broken_is_destroyed_once_at_pamp(chain: Chain) -> None:
    brought_back(chain)
    today = chain.query("SELECT CAST(now() AS date)")[0][0]
    first = chain.run("sales.process-defectives")
    assert chain.vouchers() == [("001-000002", "BDD", "1", None, Decimal(-1), today)]
    assert chain.query("SELECT value FROM voucher WHERE type = 'BDD'") == [(Decimal("-2.5"),)]
    assert chain.stock() == {}
    assert report(first) == [
        "Voici la liste des bons d'ajustements générés :",
        "Création du bon 001-000002 de la collection 2017-T1",
    ]
    before = chain.everything()
    again = chain.run("sales.process-defectives")
    assert report(again)[1:] == ["Aucun défectueux à traiter"]
    assert chain.everything() == before


def test_a_supplier_who_takes_back_gets_a_return_voucher(chain: Chain) -> None:
    brought_back(chain, policy=DefectivesPolicy.SUPPLIER_RETURN)
    chain.run("sales.process-defectives")
    named = "SELECT type, code FROM voucher JOIN supplier ON supplier.id = supplier_id"
    assert chain.query(named) == [("RFD", "S")]


def test_a_supplier_without_policy_and_brands_of_several_suppliers_are_left_alone(chain: Chain) -> None:
    brought_back(chain, policy=DefectivesPolicy.NONE)
    assert report(chain.run("sales.process-defectives"))[1:] == ["Aucun défectueux à traiter"]
    second = SupplierFacts(code="S2", display_name="", defectives_policy=DefectivesPolicy.ADJUSTMENT)
    both = BrandFacts(code="B", display_name="Brand", suppliers=("S", "S2"))
    with chain.open_work() as work:
        import_catalogue(work, CatalogueBatch(suppliers=(second,), brands=(both,)))
    assert report(chain.run("sales.process-defectives"))[1:] == ["Aucun défectueux à traiter"]
    assert chain.stock() == {("1", "A"): Decimal(1)}


def test_tickets_in_error_and_sales_before_the_activation_wait(chain: Chain) -> None:
    chain.receive(("1", "A", 2))
    sold = ticket("1", line("A", 2), number=1)
    back = ticket("1", line("A", -1, of=str(sold.name), defective=True), line("?"), number=2, minute=5)
    chain.record(sold, back)
    chain.post()
    assert report(chain.run("sales.process-defectives"))[1:] == ["Aucun défectueux à traiter"]
    chain.correct()
    later = Chain(chain.database, since=datetime(2017, 2, 1, tzinfo=UTC))
    assert report(later.run("sales.process-defectives"))[1:] == ["Aucun défectueux à traiter"]
    by_migration = Chain(chain.database, since=None)
    assert report(by_migration.run("sales.process-defectives"))[1:] == ["Aucun défectueux à traiter"]
    assert len(report(chain.run("sales.process-defectives"))) == 2
    assert chain.vouchers()[-1][1] == "BDD"


def test_a_preview_writes_nothing(chain: Chain) -> None:
    brought_back(chain)
    before = chain.everything()
    preview = chain.run("sales.preview-defectives")
    assert chain.everything() == before
    assert preview.outcome is not None
    assert preview.outcome.result["line_count"] == 1


def test_in_training_no_voucher_bears_a_real_number_and_nothing_changes(chain: Chain) -> None:
    brought_back(chain)
    before = chain.everything()
    practised = chain.practise("sales.process-defectives")
    assert chain.everything() == before
    assert report(practised) == [
        "Mode école : rien n'a été modifié ; voici ce qui aurait été fait.",
        "Voici la liste des bons d'ajustements générés :",
        "Création du bon ÉCOLE-000001 de la collection 2017-T1",
    ]
    assert practised.outcome is not None
    assert [voucher["name"] for voucher in practised.outcome.result["vouchers"]] == ["vouchers/ÉCOLE-000001"]  # type: ignore[index,union-attr,call-overload]  # JSON
    assert [text for (text,) in chain.query("SELECT text FROM journal_entry")] == [
        "Mode école : La nuit (runs/4) exercée, rien n'a été modifié"
    ]
    assert report(chain.run("sales.process-defectives"))[1] == "Création du bon 001-000002 de la collection 2017-T1"


def test_a_worker_that_dies_before_its_commit_treats_each_line_once(chain: Chain) -> None:
    brought_back(chain)
    chain.crash_at = 1
    chain.run("sales.process-defectives")
    assert chain.vouchers() == []
    chain.retry_now()
    chain.drain()
    assert [number for number, *_ in chain.vouchers()] == ["001-000002"]
    assert chain.query("SELECT count(*) FROM defective_treatment") == [(1,)]


def test_sale_return_and_destruction_take_one_unit_in_all(chain: Chain) -> None:
    chain.catalogue(models=[model("Z")])
    chain.receive(("1", "Z", 1))
    sold = ticket("1", line("Z", 1), number=1)
    chain.record(sold, ticket("1", line("Z", -1, of=str(sold.name), defective=True), number=2, minute=5))
    chain.post()
    chain.run("sales.process-defectives")
    moved = "SELECT sum(stock_movement.quantity) FROM stock_movement LEFT JOIN voucher ON voucher.id = voucher_id"
    assert chain.query(f"{moved} WHERE type IS DISTINCT FROM 'REC'") == [(Decimal(-1),)]
