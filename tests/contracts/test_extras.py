"""Each service runs with chassis' requirements and its own extra; nobody else's library has crept in."""

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
SERVICES = ("scheduler", "delivery", "sales", "clients", "mail")
IMPORT = """
import importlib, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"{{name}} belongs to another extra")

sys.meta_path.insert(0, Absent())
importlib.import_module("services.{service}.wiring")
"""


def distributions(requirements: list[str]) -> set[str]:
    """Names as pip normalises them."""
    return {re.split(r"[^\w.-]", requirement, maxsplit=1)[0].lower().replace("_", "-") for requirement in requirements}


def needed(names: set[str]) -> set[str]:
    """These distributions and all that they need."""
    found: set[str] = set()
    queue = list(names)
    while queue:
        name = queue.pop()
        if name in found:
            continue
        try:
            requirements = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue  # for another Python or system
        found.add(name)
        queue += distributions([each for each in requirements if "extra ==" not in each])
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_imports_nothing_of_another_extra(service: str) -> None:
    own = needed(distributions([*PROJECT["dependencies"], *EXTRAS[service]]) | {"redis"})
    others = needed(set().union(*(distributions(wanted) for name, wanted in EXTRAS.items() if name != service))) - own
    modules = {module for module, owners in metadata.packages_distributions().items()
               if not own & {owner.lower().replace("_", "-") for owner in owners}
               and others & {owner.lower().replace("_", "-") for owner in owners}}  # fmt: skip
    assert modules >= {"typer", "pytest"}
    done = subprocess.run(
        [sys.executable, "-c", IMPORT.format(absent=modules, service=service)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
