"""A disk that takes no more: what one run meets there, all others meet too."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

DISK = 74
"""The exit code of a worker that met such a disk."""

_REFUSALS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
_BYTES = 1 << 20


def is_refusal(error: BaseException | None) -> bool:
    """Return whether a disk is behind an error: full, read-only or broken."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _REFUSALS:
            return True
        error = error.__cause__ or error.__context__
    return False


def why_refused(folder: Path) -> str:
    """Return why nothing can be written into a folder, as far as a try tells."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return f"{folder}: {error.strerror}"
    return f"{folder}: the disk refused for a moment"
