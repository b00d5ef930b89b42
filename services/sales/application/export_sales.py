"""Exports sale lines as CSV (RFC 4180, UTF-8): one file, or one per store. Nothing is held as a whole."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

from chassis.errors import FieldProblem, InvalidInput
from chassis.operations.execution import Execution
from chassis.operations.model import Outcome, SpooledFile
from chassis.staging import Stager
from services.sales.application.ports import Words
from services.sales.application.reading import OpenReading, Reading
from services.sales.domain.states import LineProblem
from services.sales.domain.views import SoldLine

CHUNK_LINES = 5_000  #: lines rendered, and sent to delivery, at once
CENT = Decimal("0.01")
COLUMNS = (
    *("date", "store", "register", "ticket", "time", "client", "item", "label"),
    *("quantity", "amount", "discount", "vat_rate", "state"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesExport:
    """What is exported."""

    stores: tuple[str, ...]  #: codes; none means all
    first: date  #: business day
    last: date  #: business day, not before the first
    separator: str


class ExportSales:
    """Does it. A repeat over the same sales makes the same files, byte for byte."""

    def __init__(self, open_reading: OpenReading, stager: Stager, words: Words) -> None:
        self._open_reading = open_reading
        self._stager = stager
        self._words = words

    def __call__(self, execution: Execution, export: SalesExport) -> Outcome:
        with self._open_reading() as reading:
            unknown = reading.unknown_stores(export.stores)
            if unknown:
                said = f"no store has the code {', '.join(unknown)}; leave stores empty for all"
                raise InvalidInput(FieldProblem("stores", said))
            tally = _Tally(execution, self._expected(reading, export))
            files = list(self._files(execution, reading, export, tally))
        return Outcome(files=files, report=self._report(execution.task.locale, export, len(files), tally.lines))

    def _expected(self, reading: Reading, export: SalesExport) -> int:
        return reading.sold_line_count(export.stores, export.first, export.last)

    def _files(
        self, execution: Execution, reading: Reading, export: SalesExport, tally: "_Tally"
    ) -> Iterator[SpooledFile]:
        """Stages each file while its lines are read. Who sold nothing gets no file."""
        task = execution.task
        sheet = _Sheet(self._words, task.locale, ZoneInfo(task.time_zone), export.separator)
        names = task.store_files()
        lines = reading.sold_lines(export.stores, export.first, export.last)
        by_file = groupby(lines, key=lambda line: line.store if task.splits_by_store else "")
        for ordinal, (store, sold) in enumerate(by_file):
            content = sheet.chunks(tally.counted(sold))
            yield self._stager.stage(execution, ordinal, names.name(store), content)

    def _report(self, locale: str, export: SalesExport, files: int, lines: int) -> str:
        day_format = self._words.get("date.format", locale)
        first, last = export.first.strftime(day_format), export.last.strftime(day_format)
        if not files:
            return self._words.get("export.none", locale, first=first, last=last)
        return self._words.get("export.done", locale, first=first, last=last, files=files, lines=lines)


class _Tally:
    """Counts lines as they pass, tells how far the work is, and stops it when asked."""

    def __init__(self, execution: Execution, expected: int) -> None:
        self._execution = execution
        self._expected = expected
        self.lines = 0

    def counted(self, lines: Iterator[SoldLine]) -> Iterator[SoldLine]:
        for line in lines:
            if self.lines % CHUNK_LINES == 0:
                self._execution.check()
                self._execution.progress(self.lines, self._expected)
            self.lines += 1
            yield line


class _Sheet:
    """Renders lines in one language, time zone and separator."""

    def __init__(self, words: Words, locale: str, zone: ZoneInfo, separator: str) -> None:
        self._zone = zone
        self._separator = separator
        self._header = [words.get(f"export.column.{column}", locale) for column in COLUMNS]
        self._posted = words.get("export.state.posted", locale)
        self._recorded = words.get("export.state.recorded", locale)
        self._problems = {problem: words.get(f"export.state.{problem.value}", locale) for problem in LineProblem}

    def chunks(self, lines: Iterator[SoldLine]) -> Iterator[bytes]:
        """The header, then every line, in chunks of UTF-8."""
        text = io.StringIO()
        sheet = csv.writer(text, delimiter=self._separator, lineterminator="\r\n")
        sheet.writerow(self._header)
        for count, line in enumerate(lines, start=1):
            sheet.writerow(self._cells(line))
            if count % CHUNK_LINES == 0:
                yield text.getvalue().encode()
                text.seek(0)
                text.truncate()
        if text.tell():
            yield text.getvalue().encode()

    def _cells(self, line: SoldLine) -> tuple[object, ...]:
        return (
            line.business_date,
            line.store,
            line.register,
            line.ticket,
            f"{line.close_time.astimezone(self._zone):%H:%M:%S}",
            line.client,
            line.item,
            line.label,
            f"{line.quantity:f}",
            _amount(line.amount),
            _amount(line.discount),
            f"{line.vat_rate:f}",
            self._state(line),
        )

    def _state(self, line: SoldLine) -> str:
        if line.posted:
            return self._posted
        return self._recorded if line.problem is None else self._problems[line.problem]


def _amount(value: Decimal) -> str:
    """Two decimals, more only where the currency has more."""
    cents = value.quantize(CENT)
    return f"{cents if cents == value else value:f}"
