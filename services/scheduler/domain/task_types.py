"""Kinds of work that handlers offer, and how a task's options are checked against a kind's JSON Schema."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from chassis.errors import FieldProblem

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskType:
    """A kind of work that a handler offers."""

    name: str  #: e.g. `sales.correct-sales`
    handler: str  #: name of the handler that offers it
    folder: str  #: place in the catalogue, one or two levels parted by `/`
    title: str
    description: str
    options_schema: Mapping[str, JSON]  #: JSON Schema, draft 2020-12
    produces_files: bool
    splits_by_store: bool
    unspooled: bool = False  #: its handler sends its files itself, straight to the destination, and stages none


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What the handlers offer just now."""

    task_types: Sequence[TaskType]  #: in the order of folder and title
    unavailable_handlers: Sequence[str]  #: those that did not answer

    def find(self, name: str) -> TaskType | None:
        return next((kind for kind in self.task_types if kind.name == name), None)


def with_defaults(options: Mapping[str, JSON], schema: Mapping[str, JSON]) -> dict[str, JSON]:
    """The options, with the schema's defaults where something is missing."""
    filled: dict[str, JSON] = dict(options)
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return filled
    for name, described in properties.items():
        if not isinstance(described, Mapping):
            continue
        if name not in filled and "default" in described:
            filled[name] = deepcopy(described["default"])
        given = filled.get(name)
        if isinstance(given, Mapping):
            filled[name] = with_defaults(given, _resolved(described, schema))
    return filled


def _resolved(described: Mapping[str, JSON], schema: Mapping[str, JSON]) -> Mapping[str, JSON]:
    """The part of the schema that a local `$ref` names; the part itself where there is none."""
    reference = described.get("$ref")
    if not isinstance(reference, str) or not reference.startswith("#/$defs/"):
        return {**described, "$defs": schema.get("$defs", {})}
    definitions = schema.get("$defs")
    part = definitions.get(reference.removeprefix("#/$defs/")) if isinstance(definitions, Mapping) else None
    return {**part, "$defs": definitions} if isinstance(part, Mapping) else described


def check_options(options: Mapping[str, JSON], schema: Mapping[str, JSON]) -> Sequence[FieldProblem]:
    """Every way in which the options break the schema, each with its field. Looks nothing up outside of the schema."""
    if holds_nul(options):
        return [FieldProblem("task.options", "holds a NUL character; remove it")]
    try:
        validator = _validator(json.dumps(schema, sort_keys=True))
        errors = sorted(validator.iter_errors(options), key=lambda error: [str(step) for step in error.absolute_path])
    except (SchemaError, Unresolvable, re.error) as error:
        why = str(error).splitlines()[0]
        return [FieldProblem("task.options", f"cannot be checked: its handler's schema is broken ({why})")]
    return list(dict.fromkeys(problem for error in errors for problem in _problems(error)))


@lru_cache(maxsize=1_024)
def _validator(schema: str) -> Draft202012Validator:
    """Of a schema's text: a file of a thousand tasks has few types. Raises `SchemaError`."""
    described = json.loads(schema)
    Draft202012Validator.check_schema(described)
    return Draft202012Validator(described, registry=Registry())


def holds_nul(value: JSON | Mapping[str, JSON]) -> bool:
    """True where a text anywhere in it holds the one character that no database keeps."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(holds_nul(name) or holds_nul(each) for name, each in value.items())
    return isinstance(value, list) and any(holds_nul(each) for each in value)


def _problems(error: ValidationError) -> Iterator[FieldProblem]:
    path = "task.options" + "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path
    )
    if error.validator == "additionalProperties" and isinstance(error.instance, Mapping):
        known = error.schema.get("properties", {}) if isinstance(error.schema, Mapping) else {}
        for name in sorted(set(error.instance) - set(known)):
            yield FieldProblem(f"{path}.{name}", f"is not an option here; the options are {', '.join(known) or 'none'}")
    elif (
        error.validator == "required"
        and isinstance(error.instance, Mapping)
        and isinstance(error.validator_value, list)
    ):
        for name in error.validator_value:
            if name not in error.instance:
                yield FieldProblem(f"{path}.{name}", "is required")
    elif error.context:  # none of several schemas fits: say why of each
        yield FieldProblem(path, "; or ".join(dict.fromkeys(inner.message for inner in error.context)))
    else:
        yield FieldProblem(path, error.message)
