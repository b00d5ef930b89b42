"""The pages say what the code says."""

import re
import shlex
import tomllib
from pathlib import Path

from typer.core import TyperGroup
from typer.main import get_command

from chassis import settings_page
from console.main import app

ROOT = Path(__file__).parents[2]
PAGES = {path: path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]}
COMMAND = re.compile(r"^ {4,}backroom ([^\n#]+)|`backroom ([^`]+)`", re.MULTILINE)
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


def test_every_failure_of_delivery_stands_on_the_page_of_destinations_and_no_other() -> None:
    texts = tomllib.loads((ROOT / "services" / "delivery" / "texts" / "en.toml").read_text(encoding="utf-8"))
    page = PAGES[ROOT / "docs" / "destinations.md"]
    codes = {code for row in re.findall(r"^\| (`[A-Z_`, ]+`) \|", page, re.MULTILINE) for code in row.split("`")[1::2]}
    assert {code for code in codes if not code.startswith("BACKROOM_")} == texts["failure"].keys()


def test_every_link_leads_to_a_file() -> None:
    links = [(page, link) for page, text in PAGES.items() for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text)]
    assert len(links) > 10
    assert [(page.name, link) for page, link in links if not (page.parent / link).exists()] == []


def test_every_command_that_is_shown_can_be_typed() -> None:
    shown = [block or inline for text in PAGES.values() for block, inline in COMMAND.findall(text)]
    assert len(shown) > 20
    assert [words for words in shown if not is_a_command(shlex.split(words))] == []


def is_a_command(words: list[str]) -> bool:
    """Whether its groups, its command and its options are there; a group alone is one, too."""
    command, value = get_command(app), False
    for word in words:
        if word.startswith("--"):
            if not any(word in (*each.opts, *each.secondary_opts) for each in command.params):
                return False
            value = True
        elif isinstance(command, TyperGroup) and not value:
            if word not in command.commands:
                return False
            command = command.commands[word]
        else:
            value = False
    return True
