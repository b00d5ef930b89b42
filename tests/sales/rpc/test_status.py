"""The table from error to status code is complete."""

import importlib
import pkgutil

import services.sales
from chassis.errors import BackroomError
from services.sales.rpc.status import STATUS


def leaves(error: type[BackroomError]) -> set[type[BackroomError]]:
    below = error.__subclasses__()
    return {error} if not below else {leaf for each in below for leaf in leaves(each)}


def test_every_error_of_sales_has_its_status() -> None:
    for module in pkgutil.walk_packages(services.sales.__path__, "services.sales."):
        if not module.name.endswith("__main__") and ".versions." not in module.name:
            importlib.import_module(module.name)
    ours = {leaf for leaf in leaves(BackroomError) if leaf.__module__.startswith("services.sales.")}
    assert set(STATUS) == ours
