"""Sales export as a worker does it: on a real PostgreSQL, into a spool that keeps what it is given."""

import csv
import io
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from pydantic import ValidationError

from chassis.database import Database
from chassis.errors import Unavailable
from chassis.operations import (
    Execution,
    NewOperation,
    Operation,
    OperationState,
    SpooledFile,
    TaskContext,
)
from chassis.operations.worker import Worker
from chassis.texts import Texts
from chassis.work import UnitOfWork
from services.sales.application import export_sales
from services.sales.application.export_sales import ExportSales
from services.sales.application.reading import Reading
from services.sales.domain.states import LineProblem
from services.sales.storage.reading import open_reading
from services.sales.workers.export import NAME, ExportOptions, export_kind
from tests.conftest import SilentBell
from tests.sales.recorded import DAY, NOON, LineFact, TicketFact, record, record_stores


@dataclass
class Shelf:
    """A spool in memory. The first `failures` stagings fail halfway, as when delivery is being restarted."""

    failures: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    chunks: list[int] = field(default_factory=list)
    tried: list[bytes] = field(default_factory=list)

    def stage(self, execution: Execution, ordinal: int, file_name: str, chunks: Iterable[bytes]) -> SpooledFile:
        parts = list(chunks)
        content = b"".join(parts)
        if self.failures:
            self.failures -= 1
            self.tried.append(content)
            raise Unavailable("delivery does not answer now")
        self.files[file_name] = content
        self.chunks.append(len(parts))
        return SpooledFile(
            name=f"files/{uuid4()}",
            file_name=file_name,
            size_bytes=len(content),
            sha256=sha256(content).hexdigest(),
        )


@dataclass
class Night:
    """A worker of sales and the spool beside it."""

    database: Database
    shelf: Shelf

    def record(self, *tickets: TicketFact) -> None:
        record(self.database, *tickets)

    def export(self, *, file_name: str = "ventes-{mag x}.csv", locale: str = "fr", **options: object) -> Operation:
        def reading() -> AbstractContextManager[Reading]:
            return open_reading(self.database)

        kind = export_kind(ExportSales(reading, self.shelf, Texts.of("services.sales")))
        bell = SilentBell({NAME: kind})
        context = TaskContext(
            attempt=uuid4(),
            run="runs/1",
            task="tasks/1",
            task_title="Export",
            owner="someone",
            locale=locale,
            nominal_time=datetime(2017, 1, 3, 1, tzinfo=UTC),
            time_zone="Europe/Paris",
            file_name=file_name,
        )
        request = ExportOptions.model_validate(options).model_dump(mode="json")
        with UnitOfWork(self.database, bell) as work:
            identifier = work.operations.add(NewOperation(kind=NAME, request=request, context=context))
        worker = Worker(self.database, bell, id=uuid4(), kinds=[kind], lanes=[], threads=1)
        worker.drain("default")
        if self.shelf.tried:
            with self.database.begin() as connection:
                connection.exec_driver_sql("UPDATE operation SET ready = true, next_attempt_time = now()")
            worker.drain("default")
        with UnitOfWork(self.database, bell) as work:
            return work.operations.get(identifier)


@pytest.fixture
def night(make_database: Callable[[str | None], Database]) -> Night:
    database = make_database("services.sales.storage.migrations")
    with database.begin() as connection:
        record_stores(connection, "9", "10", "330")
    return Night(database, Shelf())


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline=""), delimiter=";"))


def test_yesterday_is_exported_as_one_file_per_store_that_sold_something(night: Night) -> None:
    night.record(
        TicketFact(store="10"),
        TicketFact(store="9", lines=[LineFact(), LineFact()]),
        TicketFact(store="330", business_date=DAY - timedelta(days=1)),
    )
    done = night.export()
    assert done.state is OperationState.SUCCEEDED
    assert done.outcome is not None
    assert [file.file_name for file in done.outcome.files] == ["ventes-9.csv", "ventes-10.csv"]
    assert done.outcome.report == "Export des ventes du 02/01/2017 au 02/01/2017 : 2 fichier(s), 3 ligne(s)"
    assert [len(rows(content)) for content in night.shelf.files.values()] == [3, 2]


def test_without_the_tag_every_store_goes_into_one_file(night: Night) -> None:
    night.record(TicketFact(store="10"), TicketFact(store="9"))
    night.export(file_name="ventes.csv")
    assert [row[1] for row in rows(night.shelf.files["ventes.csv"])] == ["Magasin", "9", "10"]


def test_a_line_is_written_as_rfc_4180_says_in_the_sites_time_and_the_readers_language(night: Night) -> None:
    awkward = LineFact(
        item="X", label='Crème; "L\'été"', quantity="-1.5", amount="-3.75", discount="0.125",
        became=LineProblem.UNKNOWN_CODE,
    )  # fmt: skip
    ticket = TicketFact(store="9", register=2, number=160, client="42", lines=[awkward, LineFact(became=None)])
    night.record(ticket)
    night.export(file_name="f.csv")
    lines = night.shelf.files["f.csv"].decode().split("\r\n")
    assert lines[0] == (
        "Date;Magasin;Caisse;Débit;Heure;Client;Article;Libellé;Quantité;Montant TTC;Remise;Taux de TVA;Mise à jour"
    )
    assert lines[1] == ('2017-01-02;9;2;160;13:00:00;42;X;"Crème; ""L\'été""";-1.5;-3.75;0.125;5.5;code inconnu')
    assert lines[2] == "2017-01-02;9;2;160;13:00:00;42;A1;Pain;1;2.50;0.00;5.5;à traiter"
    assert lines[3:] == [""]
    night.export(file_name="g.csv", locale="en", separator=",")
    assert night.shelf.files["g.csv"].startswith(b"Date,Store,Register,Ticket,Time,")


def test_dates_and_stores_choose_what_is_exported(night: Night) -> None:
    days = [DAY - timedelta(days=back) for back in range(4)]
    night.record(*(TicketFact(store=store, business_date=day) for day in days for store in ("9", "10")))
    night.export(file_name="week.csv", days_back=3)
    night.export(file_name="first.csv", first_date="2016-12-30", last_date="2016-12-30", stores=["9"])
    assert {row[0] for row in rows(night.shelf.files["week.csv"])[1:]} == {
        "2016-12-31", "2017-01-01", "2017-01-02",
    }  # fmt: skip
    assert [row[:2] for row in rows(night.shelf.files["first.csv"])[1:]] == [["2016-12-30", "9"]]


def test_where_nothing_was_sold_no_file_is_made_and_the_report_says_so(night: Night) -> None:
    done = night.export(locale="en")
    assert done.state is OperationState.SUCCEEDED
    assert done.outcome is not None
    assert (done.outcome.files, done.outcome.report) == ((), "No sales to export from 2017-01-02 to 2017-01-02")


def test_a_store_that_does_not_exist_ends_the_export_with_its_code(night: Night) -> None:
    done = night.export(stores=["9", "404"])
    assert done.state is OperationState.FAILED
    assert done.error is not None
    assert "404" in done.error.message


def test_a_repeat_after_a_fault_makes_the_same_bytes(night: Night) -> None:
    night.record(*(TicketFact(store="9", close_time=NOON, number=number) for number in (12, 5, 9)))
    night.shelf.failures = 1
    done = night.export(file_name="f.csv")
    assert (done.state, done.attempts) == (OperationState.SUCCEEDED, 2)
    assert night.shelf.tried == [night.shelf.files["f.csv"]]


def test_a_long_file_is_made_in_chunks(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_sales, "CHUNK_LINES", 2)
    night.record(TicketFact(store="9", lines=[LineFact()] * 5))
    night.export(file_name="f.csv")
    assert night.shelf.chunks == [3]
    assert len(rows(night.shelf.files["f.csv"])) == 6


@pytest.mark.parametrize(
    "options",
    [
        {"first_date": "2017-01-01"},
        {"first_date": "2017-01-02", "last_date": "2017-01-01"},
        {"days_back": 0},
        {"separator": "x"},
        {"unknown": 1},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ExportOptions.model_validate(options)


def test_without_dates_the_day_before_the_runs_own_is_meant() -> None:
    export = ExportOptions().export(date(2017, 2, 1))
    assert (export.first, export.last) == (date(2017, 1, 31), date(2017, 1, 31))
