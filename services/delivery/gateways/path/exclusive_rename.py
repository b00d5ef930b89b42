"""Gives a file a name that nothing bears yet, in one step: Linux's `renameat2`, or a second link where it will not."""

import ctypes
import errno
import os
from functools import cache
from typing import Protocol

NO_REPLACE = 1  #: RENAME_NOREPLACE of <linux/fs.h>
#: What a kernel or a file system answers that cannot do it; NFS is one.
CANNOT = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})


class RenameAt2(Protocol):
    """As in the C library."""

    def __call__(self, old_folder: int, old: bytes, new_folder: int, new: bytes, flags: int) -> int: ...


def rename_exclusively(name: str, target: str, folder: int) -> None:
    """Within an open folder. Raises `FileExistsError` where the target is taken, and what the system says."""
    if _renamed(name, target, folder):
        return
    try:
        os.link(name, target, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    except FileExistsError:
        if not _is_same(name, target, folder):  # else an earlier try died after its link
            raise
    os.unlink(name, dir_fd=folder)


def _renamed(name: str, target: str, folder: int) -> bool:
    """False where it was not done in this way; a taken name is looked at more closely."""
    call = renameat2()
    if call is None:
        return False
    if call(folder, os.fsencode(name), folder, os.fsencode(target), NO_REPLACE) == 0:
        return True
    number = ctypes.get_errno()
    if number in CANNOT or number == errno.EEXIST:
        return False
    raise OSError(number, os.strerror(number), name)


def _is_same(name: str, target: str, folder: int) -> bool:
    one, other = (os.stat(each, dir_fd=folder, follow_symlinks=False) for each in (name, target))
    return (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)


@cache
def renameat2() -> RenameAt2 | None:
    """The C library's function; None where it has none."""
    function = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if function is None:
        return None
    function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
    function.restype = ctypes.c_int
    call: RenameAt2 = function
    return call
