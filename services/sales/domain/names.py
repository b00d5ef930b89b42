"""Names that people and other services use: tickets, vouchers, operations."""

import re
from dataclasses import dataclass

_TICKET = re.compile(r"tickets/(\d{1,10})-([1-9]\d{0,8})-([1-9]\d{0,17})", re.ASCII)
_VOUCHER = re.compile(r"vouchers/(\d{3,10})-(\d{6,9})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketName:
    """What a ticket is known by."""

    store: str  #: code of the store
    register: int  #: number of the register, > 0
    number: int  #: as the register gave it, > 0

    def __str__(self) -> str:
        return f"tickets/{self.store}-{self.register}-{self.number}"

    @classmethod
    def parse(cls, text: str) -> "TicketName | None":
        """The name, or None where the text is none."""
        match = _TICKET.fullmatch(text)
        if match is None:
            return None
        return cls(store=match[1], register=int(match[2]), number=int(match[3]))


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherName:
    """What a voucher is known by; printed as people read it: `899-000160`."""

    prefix: str  #: of the store, three digits or more
    number: int  #: gap-free within the prefix, from 1

    def __str__(self) -> str:
        return f"{self.prefix}-{self.number:06d}"

    @property
    def resource(self) -> str:
        """Its resource name."""
        return f"vouchers/{self}"

    @classmethod
    def parse(cls, text: str) -> "VoucherName | None":
        """The voucher of a resource name, or None where the text is none."""
        match = _VOUCHER.fullmatch(text)
        return None if match is None else cls(prefix=match[1], number=int(match[2]))
