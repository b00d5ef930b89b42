"""Brings the names of a folder onto the disk."""

import errno
import os


def sync_folder(descriptor: int) -> None:
    """Returns once the disk has them; some network file systems know only files to sync, and say so."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
