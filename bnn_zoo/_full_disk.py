"""How a full disk is told from other errors, whoever reports it."""

from __future__ import annotations

import errno
import os

# A quota and a limit on the size of files stop a writer as a full disk does.
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def full_disk_number(error: BaseException) -> int | None:
    """The system's number for an error that says that there is no room; None for one that says something else."""
    number = getattr(error, "errno", None)
    if number in _FULL:
        return number
    # HDF5 and TensorFlow give their errors no number, only the system's words.
    return next((code for code in _FULL if os.strerror(code) in str(error)), None)
