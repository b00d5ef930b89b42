"""What the night must leave behind, computed row by row from the demo's data set, beside the services.

It shares nothing with them but the facts that are loaded. Where the seed is silent, these rules are settled here:

1.  Posting goes store by store, in the order of a store's number; within one by close time, register, number, line.
    A return that names its ticket is posted up to the units which that ticket records of the item, posted or not; one
    that names none, up to what the store's earlier tickets record, less all that came back to the store.
2.  A line is posted in full or not at all, and stops no other. Zero units, and models without stock, move nothing.
3.  A correction looks at every day in error. Unknown codes become sales first, then returns are tried again and
    credited, then sales are tried again in the order of time over the whole chain, store and register deciding ties.
4.  A sale that is short takes what its store holds and the rest from donors in the order of their numbers; a donor
    keeps what its own lines in error ask for. Where the donors cannot give all, nothing moves.
5.  Movements of a store are dated on its first day in error. A TRF is of the receiver: one per donor, receiver and
    collection, a line per item.
6.  Receipts of one import make one REC per store and day, without a collection. Numbers of one piece of work are given
    in the order of store, type, donor, supplier, collection, stores and suppliers in the order of their numbers, which
    is the one they were imported in. A correction of up to 2,000 lines in error is one piece.
7.  What came back unsaleable, of a brand whose only supplier does something with it, lies aside in its store from the
    moment the line is posted: it is neither sold nor given, and covers no shortage. Defective lines leave in the order
    of time. One BDD per store and collection, one RFD per store, supplier and collection, a line per item, dated on the
    day the run stands for.
8.  A return is valued at the PAMP at which the sale it names left; at the PAMP of now where that sale is not posted.
    Values are rounded per line, vouchers add them up.
9.  The export has a file for each store that sold. The clock is UTC, as everything in the data.
10. The last ten tickets are those closed last; of one instant, the higher number. Returns are tickets like others.
11. Tickets are mailed in the order of close time, and of one instant in the order they were recorded.
"""

from collections.abc import Mapping
from datetime import date

from console.demo.dataset import DataSet
from tests.journeys.expectation_facts import UP_TO_DATE, WRONG_DAY, Bon, Cost, Day, Expected
from tests.journeys.expectation_files import exported
from tests.journeys.expectation_goods import Chain
from tests.journeys.expectation_people import linked_stores, mailed


def expect(
    dataset: DataSet,
    *,
    export_dates: tuple[date, date],
    tickets_first_date: date,
    tickets_last_date: date,
    limit: int,
    tonight: date,
) -> Expected:
    """Tonight's tasks over a slice, with their default options but for the days."""
    catalogue = dataset.catalogue()
    tickets = list(dataset.tickets())
    chain = Chain(catalogue, dataset.receipts(), tickets)
    opening = chain.levels()
    chain.post()
    posted = chain.stage()
    totals = chain.correct()
    corrected = chain.stage()
    chain.clear_defectives(tonight)
    mails, unmailed = mailed(
        tickets, corrected.tickets, list(dataset.clients()), tickets_first_date, tickets_last_date, limit
    )
    names = {store.code: store.display_name for store in catalogue.stores}
    return Expected(
        opening=opening,
        posted=posted,
        corrected=corrected,
        stock=chain.levels(),
        totals=totals,
        transfers=tuple(sorted(chain.transfers, key=lambda each: (each.receiver, each.donor, each.item))),
        defectives=tuple(chain.treated),
        vouchers=tuple(sorted(chain.vouchers, key=lambda bon: bon.name)),
        costs={
            model: Cost(units=held.units, cents=held.cents, pamp=held.pamp) for model, held in chain.costs.held.items()
        },
        correction_report=_correction_report(posted.days, corrected.days, names),
        defectives_report=_defectives_report([bon for bon in chain.vouchers if bon.type in ("BDD", "RFD")]),
        exports=exported(tickets, corrected.lines, *export_dates),
        linked_stores=linked_stores(tickets),
        mails=mails,
        unmailed=unmailed,
    )


def _correction_report(
    before: Mapping[Day, str], after: Mapping[Day, str], names: Mapping[str, str]
) -> tuple[str, ...]:
    wrong = sorted(
        (day for day, state in before.items() if state == WRONG_DAY),
        key=lambda day: (day.business_date, int(day.store), day.register),
    )
    if not wrong:
        return ("Toutes les journées des ventes sont déjà à jour",)
    words = {UP_TO_DATE: "Journée à jour", WRONG_DAY: "Journée toujours en erreur"}
    return (
        "Voici la liste des journées des ventes mises à jour :",
        *(
            f"{day.business_date:%d/%m/%Y} magasin {day.store} {names[day.store]} caisse {day.register}"
            f" ({words[after[day]]})"
            for day in wrong
        ),
    )


def _defectives_report(vouchers: list[Bon]) -> tuple[str, ...]:
    return (
        "Voici la liste des bons d'ajustements générés :",
        *(f"Création du bon {bon.name} de la collection {bon.collection}" for bon in vouchers),
        *(() if vouchers else ("Aucun défectueux à traiter",)),
    )
