"""Columns that many tables of sales have, and the types of their figures."""

import sqlalchemy as sa

QUANTITY = sa.Numeric(16, 3)  #: units
AMOUNT = sa.Numeric(18, 4)  #: prices, in a currency named beside
VALUE = sa.Numeric(24, 4)  #: what units are worth together
COST = sa.Numeric(20, 6)  #: cost of one unit
PERCENT = sa.Numeric(6, 3)


def key(name: str = "id", *, wide: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger if wide else sa.Integer, sa.Identity(always=True), primary_key=True)


def ref(name: str, target: str, *, nullable: bool = False, wide: bool = False) -> sa.Column[int]:
    kind = sa.BigInteger if wide else sa.Integer
    return sa.Column(name, kind, sa.ForeignKey(target), nullable=nullable)


def part(name: str, target: str, *, wide: bool = False) -> sa.Column[int]:
    kind = sa.BigInteger if wide else sa.Integer
    return sa.Column(name, kind, sa.ForeignKey(target), primary_key=True)


def code() -> sa.Column[str]:
    return sa.Column("code", sa.Text, nullable=False, unique=True)


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)
