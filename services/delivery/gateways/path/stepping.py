"""The way to a folder: step by step from an open one, and no link is followed."""

import os
from contextlib import suppress

from services.delivery.gateways.path.syncing import sync_folder

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
STEP = FOLDER | os.O_NOFOLLOW


def step(folder: int, part: str, *, make: bool) -> tuple[int, bool]:
    """Opens a folder of an open one, made where it is missing and may be; tells whether it was."""
    try:
        return os.open(part, STEP, dir_fd=folder), False
    except FileNotFoundError:
        if not make:
            raise
    with suppress(FileExistsError):  # somebody else has just made it
        os.mkdir(part, 0o777, dir_fd=folder)
        sync_folder(folder)
    return os.open(part, STEP, dir_fd=folder), True
