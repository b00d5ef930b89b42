"""Options that are secrets, as a task type's JSON Schema says: `writeOnly: true`, or `format: password`."""

import re
from collections.abc import Iterator, Mapping, Sequence

from services.scheduler.domain.task_types import JSON

Schema = Mapping[str, JSON]

TOGETHER = ("allOf", "anyOf", "oneOf")  #: lists of schemas that may all have their say
DEEPEST = 30  #: levels that are looked into: a schema may refer to itself


def without_secrets(options: Mapping[str, JSON], schema: Schema) -> tuple[dict[str, JSON], Sequence[str]]:
    """The options less their secrets, and the path of each that was left out, e.g. `server.password`."""
    left_out: list[str] = []
    return _stripped(options, [schema], schema, "", left_out, 0), left_out


def with_secrets(options: Mapping[str, JSON], kept: Mapping[str, JSON], schema: Schema) -> dict[str, JSON]:
    """The options with the secrets of earlier ones where they have none of their own.

    Of a list those parts keep them that are as they were; nobody can tell whose secrets another part's would be.
    """
    return _filled(options, kept, [schema], schema, 0)


def missing_secrets(options: Mapping[str, JSON], schema: Schema) -> Sequence[str]:
    """The paths of secrets that are required and not there."""
    return sorted(set(_missing(options, [schema], schema, "", 0)))


def lacks(options: Mapping[str, JSON], path: str) -> bool:
    """Whether nothing stands at a path of names."""
    part: JSON = dict(options)
    for name in path.split("."):
        if not isinstance(part, dict) or name not in part:
            return True
        part = part[name]
    return False


def _stripped(
    options: Mapping[str, JSON], schemas: Sequence[Schema], root: Schema, path: str, left_out: list[str], level: int
) -> dict[str, JSON]:
    kept: dict[str, JSON] = {}
    for name, value in options.items():
        here, parts = f"{path}{name}", list(_of_property(schemas, name, root))
        items = _of_items(parts, root) if isinstance(value, list) else ()
        if any(_is_secret(part) for part in (*parts, *items)):
            left_out.append(here)
        else:
            kept[name] = _stripped_value(value, parts, root, here, left_out, level)
    return kept


def _stripped_value(
    value: JSON, schemas: Sequence[Schema], root: Schema, path: str, left_out: list[str], level: int
) -> JSON:
    if level >= DEEPEST:
        return value
    if isinstance(value, dict):
        return _stripped(value, schemas, root, f"{path}.", left_out, level + 1)
    if not isinstance(value, list):
        return value
    items = list(_of_items(schemas, root))
    if any(_is_secret(item) for item in items):
        left_out.append(path)
        return []
    return [
        _stripped_value(each, items, root, f"{path}[{place}]", left_out, level + 1) for place, each in enumerate(value)
    ]


def _filled(
    options: Mapping[str, JSON], kept: Mapping[str, JSON], schemas: Sequence[Schema], root: Schema, level: int
) -> dict[str, JSON]:
    filled = dict(options)
    for name, before in kept.items():
        parts = list(_of_property(schemas, name, root))
        items = _of_items(parts, root) if isinstance(before, list) else ()
        value = filled.get(name)
        if any(_is_secret(part) for part in (*parts, *items)):
            filled.setdefault(name, before)
        elif isinstance(value, dict) and isinstance(before, dict) and level < DEEPEST:
            filled[name] = _filled(value, before, parts, root, level + 1)
        elif isinstance(value, list) and isinstance(before, list):
            shown = _stripped_value(before, parts, root, "", [], level + 1)
            told = shown if isinstance(shown, list) else []
            earlier = [*zip(told, before, strict=False)]
            filled[name] = [
                earlier[place][1] if place < len(earlier) and each == earlier[place][0] else each
                for place, each in enumerate(value)
            ]
    return filled


def _missing(
    options: Mapping[str, JSON], schemas: Sequence[Schema], root: Schema, path: str, level: int
) -> Iterator[str]:
    for schema in schemas:
        required = schema.get("required")
        for name in required if isinstance(required, list) else ():
            if isinstance(name, str) and name not in options and _secret_property(schemas, name, root):
                yield f"{path}{name}"
    for name, value in options.items():
        if isinstance(value, dict) and level < DEEPEST:
            yield from _missing(value, list(_of_property(schemas, name, root)), root, f"{path}{name}.", level + 1)


def _secret_property(schemas: Sequence[Schema], name: str, root: Schema) -> bool:
    return any(_is_secret(part) for part in _of_property(schemas, name, root))


def _is_secret(schema: Schema) -> bool:
    return schema.get("writeOnly") is True or schema.get("format") == "password"


def _of_property(schemas: Sequence[Schema], name: str, root: Schema) -> Iterator[Schema]:
    """Every schema that has something to say of a property."""
    for schema in schemas:
        named = schema.get("properties")
        patterns = schema.get("patternProperties")
        found = [named[name]] if isinstance(named, dict) and name in named else []
        if isinstance(patterns, dict):
            found += [part for pattern, part in patterns.items() if re.search(pattern, name)]
        for part in found or [schema.get("additionalProperties")]:
            yield from _spread(part, root, 0)


def _of_items(schemas: Sequence[Schema], root: Schema) -> Iterator[Schema]:
    for schema in schemas:
        first = schema.get("prefixItems")
        for part in [schema.get("items"), *(first if isinstance(first, list) else [])]:
            yield from _spread(part, root, 0)


def _spread(part: JSON, root: Schema, level: int) -> Iterator[Schema]:
    """A schema, what it refers to, and those it is put together from."""
    if not isinstance(part, dict) or level >= DEEPEST:
        return
    yield part
    reference, definitions = part.get("$ref"), root.get("$defs")
    if isinstance(reference, str) and isinstance(definitions, dict):
        yield from _spread(definitions.get(reference.removeprefix("#/$defs/")), root, level + 1)
    for word in TOGETHER:
        several = part.get(word)
        for each in several if isinstance(several, list) else ():
            yield from _spread(each, root, level + 1)
