"""docs/architecture.md draws the moves that the code allows, and names on each a crash point and its healer."""

import re
from collections import deque
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from chassis.operations.model import MOVES as OPERATION_MOVES
from services.delivery.domain.spool import MOVES as FILE_MOVES
from services.scheduler.domain.runs import MOVES as RUN_MOVES

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
ARROW = re.compile(r"^ {4}(\[\*\]|[A-Z_]+) --> (\[\*\]|[A-Z_]+)(?:: (.+))?$")
MACHINES: Mapping[str, Mapping[Any, frozenset[Any]]] = {
    "Operations": OPERATION_MOVES,
    "The life of a run": RUN_MOVES,
    "The way of a file": FILE_MOVES,
}
Move = tuple[str, str]


def drawn(chapter: str) -> dict[Move, str]:
    """The arrows of a chapter's diagram with what stands on them."""
    text = PAGE.read_text(encoding="utf-8").split(f"\n## {chapter}", 1)[1].split("\n## ", 1)[0]
    diagram = text.split("```mermaid\nstateDiagram-v2\n", 1)[1].split("```", 1)[0]
    matches = [ARROW.match(line) for line in diagram.splitlines()]
    assert all(matches), "a line of the diagram is no arrow"
    return {(match[1], match[2]): match[3] or "" for match in matches if match}


def allowed(moves: Mapping[Enum, frozenset[Enum]]) -> set[Move]:
    return {(origin.name, target.name) for origin, targets in moves.items() for target in targets}


@pytest.mark.parametrize("chapter", MACHINES)
def test_the_drawing_is_what_the_code_allows(chapter: str) -> None:
    between = {move for move in drawn(chapter) if "[*]" not in move}
    assert between == allowed(MACHINES[chapter])


@pytest.mark.parametrize("chapter", MACHINES)
def test_each_arrow_names_its_crash_point_and_its_healer(chapter: str) -> None:
    for (_, target), label in drawn(chapter).items():
        if target != "[*]":
            assert re.fullmatch(r".+ · crash: .+ · healer: .+", label), label


@pytest.mark.parametrize("chapter", MACHINES)
def test_every_state_is_reached_and_only_final_ones_have_no_way_on(chapter: str) -> None:
    moves = drawn(chapter)
    reached, queue = {"[*]"}, deque(["[*]"])
    while queue:
        here = queue.popleft()
        for origin, target in moves:
            if origin == here and target not in reached:
                reached.add(target)
                queue.append(target)
    states = {state.name for state in MACHINES[chapter]}
    assert states <= reached
    final = {origin for origin, target in moves if target == "[*]"}
    assert final == {state.name for state, targets in MACHINES[chapter].items() if not targets}
