"""The words and number formats of a printed ticket in one language."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from services.mail.domain.ticket import rounded

_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketWords:
    """What is printed around a ticket's facts."""

    language: str  #: BCP 47
    store: str
    register: str
    ticket: str
    cashier: str
    client: str
    discount: str
    vat_rate: str
    vat_net: str
    vat_amount: str
    vat_gross: str
    total: str
    payments: str
    signature: str
    duplicate: str
    decimal_mark: str
    group_mark: str
    date_format: str  #: of strftime


@dataclass(frozen=True, slots=True)
class Format:
    """Numbers as a reader of one language expects them."""

    words: TicketWords

    def money(self, amount: Decimal, currency: str) -> str:
        """`1 234,50 €`: the sign behind, in every language, so that columns of amounts align."""
        return f"{self.amount(amount, currency)} {_SIGNS.get(currency, currency)}"

    def amount(self, amount: Decimal, currency: str) -> str:
        """`1 234,50`."""
        return self._marked(f"{rounded(amount, currency):,f}")

    def number(self, number: Decimal) -> str:
        """As many decimals as it has."""
        return self._marked(f"{number.normalize():,f}" if number else "0")

    def moment(self, moment: datetime) -> str:
        """Day and time to the second."""
        return moment.strftime(self.words.date_format)

    def _marked(self, plain: str) -> str:
        marks = {",": self.words.group_mark, ".": self.words.decimal_mark}
        return "".join(marks.get(character, character) for character in plain)
