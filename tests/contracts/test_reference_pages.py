"""The pages of reference say what the code says."""

import re
from pathlib import Path

from chassis import settings_page

ROOT = Path(__file__).parents[2]
METRIC = re.compile(r'(?:Counter|Gauge|Histogram)(?:MetricFamily)?\(\s*"(backroom_[a-z_]+)"')


def counted_as(name: str, text: str, start: int) -> str:
    """Counters are shown with `_total`, whether they are named so or not."""
    is_counter = text[start:].startswith("Counter")
    return name if not is_counter or name.endswith("_total") else f"{name}_total"


def test_every_metric_stands_on_its_page_and_no_other() -> None:
    made = set()
    for path in [*(ROOT / "chassis").rglob("*.py"), *(ROOT / "services").rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        made |= {counted_as(match[1], text, match.start()) for match in METRIC.finditer(text)}
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    assert made
    assert made == set(re.findall(r"^\| `(backroom_[a-z_]+)` \|", page, re.MULTILINE))


def test_the_page_of_settings_is_the_printed_one() -> None:
    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert page == settings_page.render(), "renew it: .venv/bin/python -m chassis.settings_page > docs/settings.md"
