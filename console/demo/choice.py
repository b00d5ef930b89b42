"""Which part of the data set is loaded, and how that is remembered."""

import json
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc

from backroom.sales.v1 import sales_pb2
from chassis.errors import FieldProblem, InvalidInput
from console.connection import Connection
from console.stack.home import write_private

if TYPE_CHECKING:
    from console.demo.dataset import DataSet  # it brings polars, which a second night does without

ALL_DAYS = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the person asked for: days from 1 January 2017; stores by code, or the busiest ones by number."""

    days: int
    codes: frozenset[int] | None = None
    busiest: int | None = None

    @property
    def text(self) -> str:
        """The same for the same question."""
        stores = "all" if self.codes is None else ",".join(map(str, sorted(self.codes)))
        return f"days={self.days} stores={stores if self.busiest is None else f'busiest {self.busiest}'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What was loaded, in figures of the real data."""

    asked: str
    first_day: date
    last_day: date
    lines: int
    tickets: int
    stores: int
    ticket: str  #: resource name of one that was loaded; where sales knows it, sales has them all

    @property
    def business_days(self) -> tuple[date, date]:
        """First and last business day of its tickets: after midnight it is still the day before, and what clients bring
        back comes the day after.
        """
        return self.first_day - timedelta(days=1), self.last_day + timedelta(days=1)


def parse_stores(text: str) -> tuple[frozenset[int] | None, int | None]:
    """Codes with commas, or how many of the busiest; nothing means all."""
    if not text.strip():
        return None, None
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isascii() and part.isdigit() for part in parts) or not parts:
        raise InvalidInput(FieldProblem("--stores", f"{text!r} is neither a number nor codes with commas (`31401,`)"))
    if "," not in text:
        if int(parts[0]) < 1:
            raise InvalidInput(FieldProblem("--stores", "at least one store"))
        return None, int(parts[0])
    return frozenset(map(int, parts)), None


def remembered(folder: Path, asked: Asked, connection: Connection) -> Chosen | None:
    """What was loaded for the same question before, where sales still has it."""
    noted = _noted(folder).get(asked.text)
    if noted is None:
        return None
    try:
        connection.sales.GetTicket(sales_pb2.GetTicketRequest(name=noted["ticket"]))
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.NOT_FOUND:
            raise
        return None
    for name in ("first_day", "last_day"):
        noted[name] = date.fromisoformat(noted[name])
    return Chosen(**noted)


def remember(folder: Path, chosen: Chosen) -> None:
    """Notes that everything was loaded."""
    noted = {**_noted(folder), chosen.asked: asdict(chosen)}
    write_private(folder / "loaded.json", json.dumps(noted, indent=2, default=date.isoformat) + "\n")


def describe(asked: Asked, dataset: "DataSet", connection: Connection) -> Chosen:
    """The figures of what was just loaded."""
    newest = connection.sales.ListTickets(sales_pb2.ListTicketsRequest(page_size=1, order_by="close_time desc")).tickets
    figures = dataset.figures
    return Chosen(
        asked=asked.text,
        first_day=dataset.slice.first_day,
        last_day=dataset.slice.end_day - timedelta(days=1),
        lines=figures.lines,
        tickets=figures.tickets,
        stores=figures.stores,
        ticket=newest[0].name if newest else "",
    )


def open_dataset(asked: Asked) -> "DataSet":
    """The slice that was asked for."""
    from console.demo.dataset import DataSet
    from console.demo.source import Slice

    if asked.busiest is None:
        return DataSet(Slice(days=asked.days, stores=asked.codes))
    whole = DataSet(Slice(days=asked.days))
    ranked = whole.sales.group_by("store").len().sort(["len", "store"], descending=[True, False])
    codes = frozenset(int(code) for code in ranked.get_column("store").head(asked.busiest).to_list())
    if not codes:
        raise InvalidInput(FieldProblem("--stores", "no store sells in these days"))
    return DataSet(Slice(days=asked.days, stores=codes), whole.source)


def _noted(folder: Path) -> dict[str, dict[str, Any]]:
    """What each question loaded."""
    record = folder / "loaded.json"
    return dict(json.loads(record.read_text(encoding="utf-8"))) if record.exists() else {}
