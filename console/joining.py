"""Gives commands the options that a dataclass describes, so that several commands share one list of them."""

import inspect
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, TypeVar

T = TypeVar("T")


def with_options(
    described: type[T], name: str, only: Collection[str] | None = None
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The command gets, as its parameter `name`, what was typed for the fields of the dataclass, or for `only` some.

    Where it has a parameter of a field's name, that is the option, and the field keeps its default.
    """
    fields = inspect.signature(described).parameters

    def joined(command: Callable[..., None]) -> Callable[..., None]:
        own = inspect.signature(command).parameters
        options = {each: field for each, field in fields.items() if each not in own and (only is None or each in only)}

        @wraps(command)
        def called(**values: Any) -> None:  # Any: whatever the options hold
            given = described(**{option: values.pop(option) for option in options})
            command(**values, **{name: given})

        parameters = [each for each in own.values() if each.name != name]
        wanted = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*parameters, *options.values())]
        called.__signature__ = inspect.Signature(wanted)  # type: ignore[attr-defined]  # read by inspect.signature
        called.__annotations__ = {each.name: each.annotation for each in wanted}
        return called

    return joined
