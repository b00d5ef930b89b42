"""What those who watch can see of a night: one trace from the planner to the rename, series of every process."""

import time
import urllib.request
from collections.abc import Mapping

from console.stack.environment import PROCESSES
from tests.journeys.collector import Collector, Span
from tests.journeys.night import Night


def spans_named(spans: list[Span], *names: str) -> bool:
    return all(any(span.name.startswith(name) for span in spans) for name in names)


def traces_with_a_rename(collector: Collector) -> Mapping[str, list[Span]]:
    """The traces of runs whose files were renamed at the far end; spans arrive some seconds late."""
    end = time.monotonic() + 15
    while True:
        found = {
            trace: spans
            for trace, spans in collector.traces().items()
            if spans_named(spans, "delivery rename", "occurrence")
        }
        if found or time.monotonic() > end:
            return found
        time.sleep(0.2)


def test_one_trace_leads_from_the_planner_to_the_rename(night: Night, collector: Collector) -> None:
    (spans, *_) = traces_with_a_rename(collector).values()
    assert {span.service.removeprefix("backroom-") for span in spans} >= {"scheduler", "sales", "delivery"}
    assert spans_named(
        spans,
        "operation scheduler.start-run",
        "operation sales.export",
        "operation scheduler.deliver-run",
        "operation delivery.send-spool",
        "delivery upload",
        "delivery rename",
    )
    ids = {span.id for span in spans}
    roots = [span.name for span in spans if span.parent not in ids]
    assert roots == ["occurrence"]


def test_every_process_has_series_of_its_own(night: Night) -> None:
    for process in PROCESSES:
        address = night.stack.ports.metrics_address(process.service, process.command)
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        assert f'backroom_process_info{{process="{process.command}",service="{process.service}"' in text
        assert text.count("\nbackroom_") > 3, process
