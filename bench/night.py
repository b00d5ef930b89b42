"""Tonight's tasks on the January slice: lines per second through each part, and the peak memory of each process.

The reference is the least that PostgreSQL can be asked to do with the same lines: take them by COPY into one table, on
the same server, and move the stock of each (store, item) once, by one statement.
"""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import sqlalchemy as sa
from rich.console import Console

from bench.figures import Figure, speed
from chassis.database import Database, copy_rows
from console.commands.demo import SETTINGS
from console.connection import Connection
from console.demo import tonight, watching
from console.demo.choice import Asked, describe, open_dataset
from console.demo.dataset import DataSet
from console.demo.loading import load
from console.demo.receivers import Receivers
from console.stack.ports import Ports
from console.stack.stack import Stack

JANUARY = Asked(days=31)
BENCH = "night"
FLOOR = "COPY of the lines, one UPDATE of the stock"


def main() -> None:
    dataset = open_dataset(JANUARY)
    with tempfile.TemporaryDirectory() as folder, Receivers(Path(folder) / "demo") as receivers:
        settings = {name: dict(given) for name, given in SETTINGS.items()}
        settings["mail"]["BACKROOM_SMTP_SERVER"] = f"127.0.0.1:{receivers.smtp_port}"
        begun = perf_counter()
        stack = Stack(Path(folder) / "var", ports=Ports.free(), settings=settings)
        try:
            stack.start()
            started = perf_counter() - begun
            with stack.connect() as connection, memory_watched(stack) as peaks:
                measure(stack, connection, dataset, receivers, Path(folder))
        finally:
            stack.remove()
    Figure(bench=BENCH, figure="start of the stack", value=round(started, 1), unit="s").show()
    for name, peak in sorted(peaks.items()):
        Figure(bench=BENCH, figure=f"peak memory of {name}", value=round(peak / 1024, 1), unit="MiB").show()


def measure(stack: Stack, connection: Connection, dataset: DataSet, receivers: Receivers, folder: Path) -> None:
    """Loads, posts, lets the night go by; shows its figures."""
    silent = Console(quiet=True)
    begun = perf_counter()
    load(dataset, connection.sales, connection.clients, silent)
    watching.wait_until_posted(connection, silent)
    loaded = perf_counter() - begun
    chosen = describe(JANUARY, dataset, connection)
    tonight.make_destinations(connection, receivers, folder / "var" / "outgoing")
    begun = perf_counter()
    tasks = tonight.let_fire(connection, tonight.tonights_tasks(chosen))
    runs = watching.watch(connection, tasks, silent)
    watching.wait_for_mails(connection)
    night = perf_counter() - begun - tonight.AHEAD
    if not all(run.state in watching.SUCCESS for run in runs):
        raise SystemExit(f"a run did not succeed: {[(run.task_title, run.state) for run in runs]}")
    floor = measure_floor(stack.database_url("sales"))
    lines = chosen.lines
    speed(BENCH, "loaded and posted", lines / loaded, "lines/s", FLOOR, lines / floor).show()
    speed(BENCH, "tonight's tasks", lines / night, "lines/s", FLOOR, lines / floor).show()
    for run in runs:
        took = (run.end_time.ToDatetime() - run.start_time.ToDatetime()).total_seconds()
        Figure(bench=BENCH, figure=run.task_title, value=round(took, 2), unit="s").show()


def measure_floor(url: str) -> float:
    """Seconds that the reference takes with the lines that were loaded."""
    database = Database(url, application_name="backroom-bench")
    with database.begin() as connection:
        rows = connection.execute(
            sa.text("SELECT ticket_id, number, item, label, quantity, amount, discount, vat_rate FROM ticket_line")
        ).all()
    begun = perf_counter()
    with database.begin() as connection:
        connection.execute(
            sa.text(
                "CREATE TABLE bench_line (ticket bigint, number int, item text, label text,"
                " quantity numeric, amount numeric, discount numeric, vat_rate numeric)"
            )
        )
        columns = ["ticket", "number", "item", "label", "quantity", "amount", "discount", "vat_rate"]
        copy_rows(connection, "bench_line", columns, rows)
    with database.begin() as connection:
        connection.execute(
            sa.text(
                "UPDATE stock_level SET quantity = stock_level.quantity FROM ("
                " SELECT ticket.store_id, item.id, sum(quantity) FROM bench_line JOIN ticket ON ticket.id = ticket"
                " JOIN item ON item.code = bench_line.item GROUP BY ticket.store_id, item.id) AS sold"
                " WHERE stock_level.store_id = sold.store_id AND stock_level.item_id = sold.id"
            )
        )
    seconds = perf_counter() - begun
    database.close()
    return seconds


@contextmanager
def memory_watched(stack: Stack) -> Iterator[dict[str, float]]:
    """Peak resident memory of every process, in KiB, by name; shared pages count in each."""
    peaks: dict[str, float] = {}
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.2):
            for process in stack.processes():
                if process.pid is not None:
                    peaks[process.name] = max(peaks.get(process.name, 0.0), peak_of(process.pid))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peaks
    finally:
        stop.set()
        thread.join()


def peak_of(pid: int) -> float:
    """KiB; 0 for a process that has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return next((float(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0.0)
