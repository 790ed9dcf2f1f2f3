"""Whether a file of a run lies in the run's folder, links followed."""

from __future__ import annotations

from pathlib import Path

from rnnlab.errors import Refused


def contained(folder: Path, path: Path) -> Path:
    """Return a path, if what it leads to lies in a folder.

    A run folder that somebody sent may hold links to any file of the one who opens it. The folder
    may itself be a link: whoever named it meant it.

    Args:
        folder: The run folder.
        path: A file or folder in it, which need not be there yet.

    Raises:
        Refused: It leads elsewhere, or is a pipe or a device, which would be waited for.
    """
    if not leads_into(folder, path):
        raise Refused(f"{path}: is a link that leads out of the run folder")
    if path.exists() and not path.is_file() and not path.is_dir():
        raise Refused(f"{path}: is neither a file nor a folder")
    return path


def leads_into(folder: Path, path: Path) -> bool:
    """Return whether a path, links followed, lies in a folder, links followed."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return False  # links in a circle
