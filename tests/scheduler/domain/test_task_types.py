"""Options against a type's JSON Schema."""

import pytest

from chassis.errors import FieldProblem
from services.scheduler.domain.task_types import JSON, check_options, with_defaults

SCHEMA: dict[str, JSON] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["stores"],
    "properties": {
        "stores": {"type": "array", "items": {"type": "string"}},
        "method": {"enum": ["transfer", "adjustment"], "default": "transfer"},
        "registers": {"$ref": "#/$defs/Range"},
    },
    "$defs": {
        "Range": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"first": {"type": "integer", "default": 0}, "last": {"type": "integer", "minimum": 0}},
        }
    },
}


def fields(options: dict[str, JSON]) -> list[str]:
    return [problem.field for problem in check_options(options, SCHEMA)]


def test_options_that_fit_have_no_problem() -> None:
    assert fields({"stores": ["1"], "method": "transfer", "registers": {"first": 1}}) == []


def test_every_problem_is_named_with_its_path() -> None:
    wrong: dict[str, JSON] = {"stores": ["1", 2], "method": "magic", "registers": {"last": -1, "lost": 3}}
    assert sorted(fields(wrong)) == [
        "task.options.method",
        "task.options.registers.last",
        "task.options.registers.lost",
        "task.options.stores[1]",
    ]


def test_what_is_missing_is_named_like_what_is_wrong() -> None:
    assert check_options({}, SCHEMA) == [FieldProblem("task.options.stores", "is required")]


def test_an_unknown_option_is_named_and_the_known_ones_listed() -> None:
    (problem,) = check_options({"stores": [], "metod": 1}, SCHEMA)
    assert problem.field == "task.options.metod"
    assert "method" in problem.description


def test_an_option_that_may_be_left_empty_says_what_would_fit() -> None:
    schema: dict[str, JSON] = {"properties": {"most": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]}}}
    (problem,) = check_options({"most": 0}, schema)
    assert problem == FieldProblem("task.options.most", "0 is less than the minimum of 1; or 0 is not of type 'null'")


def test_defaults_are_filled_in_also_inside_of_options() -> None:
    assert with_defaults({"stores": [], "registers": {}}, SCHEMA) == {
        "stores": [],
        "method": "transfer",
        "registers": {"first": 0},
    }


def test_what_was_given_stays() -> None:
    given: dict[str, JSON] = {"stores": [], "method": "adjustment"}
    assert with_defaults(given, SCHEMA) == given
    assert given == {"stores": [], "method": "adjustment"}


def test_a_schema_that_points_elsewhere_is_refused_and_nothing_is_looked_up() -> None:
    (problem,) = check_options({}, {"$ref": "http://127.0.0.1:9/schema.json"})
    assert problem.field == "task.options"


@pytest.mark.parametrize("schema", [{"type": "banana"}, {"properties": {"a": {"pattern": "("}}}, {"required": 3}])
def test_a_broken_schema_of_another_team_is_told_and_breaks_nothing(schema: dict[str, JSON]) -> None:
    (problem,) = check_options({"a": "b"}, schema)
    assert problem.field == "task.options"
    assert "broken" in problem.description


def test_a_character_that_no_database_keeps_is_refused() -> None:
    assert check_options({"stores": ["1\0"]}, SCHEMA) == [
        FieldProblem("task.options", "holds a NUL character; remove it")
    ]
