"""A delivery process that fetches, and is killed at a point that its caller names: url, root, point."""

import os
import signal
import sys
from contextlib import closing
from pathlib import Path
from uuid import UUID

from chassis.database import Database
from services.delivery.application.fetch_round import FetchDone
from tests.conftest import SilentBell
from tests.delivery.fetch_house import Consumer, FetchHouse, Wrapped

POINTS = ("brought", "sending", "settling", "recorded", "archiving", "cleared", "done")


def die(*what: object, **more: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def nothing(*what: object) -> None:
    """The process lives on."""


def committing(root: Path) -> Consumer:
    """A consumer whose commits outlive it."""

    def commits(file: UUID) -> bool:
        with (root / "committed").open("a") as stream:
            stream.write(f"{file}\n")
            os.fsync(stream.fileno())
        return True

    return Consumer(commits=commits)


def main(url: str, root: Path, point: str) -> None:
    house = FetchHouse(Database(url, application_name="fetch-process"), SilentBell(), root)
    consumer = committing(root)
    commits = consumer.commits

    def commits_and_dies(file: UUID) -> bool:
        commits(file)
        die()
        return True

    if point == "settling":
        consumer.commits = commits_and_dies
    if point == "archiving":
        os.rename = die  # this process ends there
    house.source = lambda source: Wrapped(
        source,
        before_clear=die if point == "recorded" else nothing,
        after_clear=die if point == "cleared" else nothing,
    )
    with closing(house.fetch(house.order(), consumer)) as parts:
        for part in parts:
            if point == "brought" or (point == "sending" and isinstance(part, bytes)):
                die()
            if point == "done" and isinstance(part, FetchDone):
                die()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
