"""The page of the documentation that lists every variable: `python -m chassis.settings_page` prints it."""

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterator, Mapping

from chassis.settings import ServiceSettings, Variable, describe

TITLE = (
    "# Settings\n\nEvery process reads its settings from its environment. "
    "This page is printed by `python -m chassis.settings_page`.\n"
)


def main() -> None:
    """Prints the page."""
    sys.stdout.write(render())


def render() -> str:
    """The page, whole."""
    return f"{TITLE}\n{markdown(sections())}"


def sections() -> dict[str, list[Variable]]:
    """What every service is told, then what each one is told besides."""
    common = describe(ServiceSettings)
    names = {variable.name for variable in common}
    found = {"Every service": common}
    for service, settings in services():
        own = [variable for variable in describe(settings) if variable.name not in names]
        if own:
            found[f"Only {service}"] = own
    return found


def services() -> Iterator[tuple[str, type[ServiceSettings]]]:
    """The settings of every service that has its own."""
    package = importlib.import_module("services")
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda each: each.name):
        name = f"services.{module.name}.settings"
        if importlib.util.find_spec(name) is not None:
            for value in vars(importlib.import_module(name)).values():
                if isinstance(value, type) and issubclass(value, ServiceSettings) and value.__module__ == name:
                    yield module.name, value


def markdown(sections: Mapping[str, list[Variable]]) -> str:
    """The page of the documentation: one table for each section."""
    lines: list[str] = []
    for title, variables in sections.items():
        lines += [f"## {title}", "", "| variable | type | default | meaning |", "|---|---|---|---|"]
        for variable in variables:
            lines.append(f"| `{variable.name}` | {variable.type} | {_default(variable)} | {variable.meaning} |")
        lines.append("")
    return "\n".join(lines)


def _default(variable: Variable) -> str:
    if variable.default is None:
        return "**must be set**"
    return f"`{variable.default}`" if variable.default else "none"


if __name__ == "__main__":
    main()
