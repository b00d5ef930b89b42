"""The table from error to status code is complete."""

import importlib
import pkgutil
from collections.abc import Iterator

import services.scheduler
from chassis.errors import BackroomError
from services.scheduler.rpc.status import STATUS


def below(error: type[BackroomError]) -> Iterator[type[BackroomError]]:
    for each in error.__subclasses__():
        yield each
        yield from below(each)


def test_every_error_of_the_scheduler_has_its_status() -> None:
    for module in pkgutil.walk_packages(services.scheduler.__path__, "services.scheduler."):
        if not module.name.endswith("__main__") and ".versions." not in module.name:
            importlib.import_module(module.name)
    ours = {error for error in below(BackroomError) if error.__module__.startswith("services.scheduler.")}
    assert set(STATUS) == ours
