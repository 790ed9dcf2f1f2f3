"""Where runs are looked for when nobody says where."""

from __future__ import annotations

import os
from pathlib import Path


def absolute(path: Path) -> Path:
    """Return the one absolute path that a folder is known by, from wherever it is named.

    Links stay: a folder may be reached by a path that outlives the disk behind it. Only where
    ``..`` stands, which means something else after a link, all of it is followed.
    """
    path = path.expanduser().absolute()
    return path.resolve() if ".." in path.parts else path


def default_output_dir() -> Path:
    """Return the folder of all runs: ``RNNLAB_OUTPUT_DIR``, or ``outputs`` here."""
    return Path(os.environ.get("RNNLAB_OUTPUT_DIR", "outputs"))
