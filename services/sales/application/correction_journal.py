"""What a correction writes in the business journal "Mise à jour des ventes": every movement, in words."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from chassis.journal import NewEntry
from services.sales.application.cards import ItemCard, MadeVoucher, StoreCard
from services.sales.application.ports import Words, Work
from services.sales.domain.posting import PendingLine
from services.sales.domain.states import VoucherType
from services.sales.domain.vouchers import VoucherLine

JOURNAL = "Mise à jour des ventes"  #: the seed's name of it; kept for years
LOCALE = "fr"  #: a business journal has one language


def units(quantity: Decimal) -> str:
    """A quantity as people read it."""
    return f"{quantity.normalize():f}"


class CorrectionJournal:
    """Entries of one chunk, written together in its transaction."""

    def __init__(self, work: Work, words: Words, operation: UUID, user: str) -> None:
        self._work, self._words = work, words
        self._operation, self._user = operation, user
        self._entries: list[NewEntry] = []

    def made(self, vouchers: Iterable[MadeVoucher], stores: Sequence[StoreCard], items: Mapping[int, ItemCard]) -> None:
        """One entry per line of a voucher."""
        names = {store.id: f"{store.code} {store.display_name}".strip() for store in stores}
        day_format = self._words.get("date.format", LOCALE)
        for voucher in vouchers:
            key = voucher.draft.key
            for line in voucher.draft.lines:
                item = items[line.item]
                self._add(
                    _text_of(key.type, line),
                    quantity=units(line.quantity),
                    item=f"{item.code} {item.label}".strip(),
                    store=names[key.store],
                    donor=names[key.donor] if key.donor is not None else "",
                    date=key.on.strftime(day_format),
                    voucher=voucher.name,
                )

    def assigned(self, lines: Sequence[PendingLine], subfamily: str) -> None:
        """One entry per line of an unknown code."""
        codes = self._work.corrections.line_codes(line.key for line in lines)
        for line in lines:
            code, label = codes[line.key]
            item = f"{code} {label}".strip()
            self._add("journal.assigned", item=item, quantity=units(line.quantity), subfamily=subfamily)

    def credited(self, lines: Sequence[PendingLine]) -> None:
        """One entry per return without a sale."""
        codes = self._work.corrections.line_codes(line.key for line in lines) if lines else {}
        for line in lines:
            code, label = codes[line.key]
            self._add("journal.credited", item=f"{code} {label}".strip(), quantity=units(-line.quantity))

    def write(self) -> None:
        """Writes what was collected."""
        self._work.journal.write_many(self._entries)

    def _add(self, key: str, **values: object) -> None:
        self._entries.append(
            NewEntry(
                text=self._words.get(key, LOCALE, **values),
                source="sales.correct-sales",
                journal=JOURNAL,
                user=self._user,
                correlation=f"operations/{self._operation}",
            )
        )


def _text_of(kind: VoucherType, line: VoucherLine) -> str:
    return "journal.transfer" if kind is VoucherType.TRANSFER else "journal.adjustment"
