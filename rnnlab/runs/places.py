"""Where runs are looked for when nobody says where."""

from __future__ import annotations

import os
from pathlib import Path


def default_output_dir() -> Path:
    """Return the folder of all runs: ``RNNLAB_OUTPUT_DIR``, or ``outputs`` here."""
    return Path(os.environ.get("RNNLAB_OUTPUT_DIR", "outputs"))
