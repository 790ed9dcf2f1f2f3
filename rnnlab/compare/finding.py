"""Which run folders lie below a folder."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from rnnlab.errors import ConfigError, StorageError
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.places import absolute, default_output_dir
from rnnlab.runs.sweep_paths import find_sweep, latest_attempt

_log = logging.getLogger(__name__)

_CONFIG, _RUNS = "config.yaml", "runs"
# A config alone is not a run: a folder of config groups has one, too.
_SIGNS = ("status.json", "manifest.json", "metrics.jsonl")


def find_runs(paths: Iterable[Path]) -> list[RunFolder]:
    """Return every run folder at or below some folders, each once.

    Of a run that was claimed several times, ``attempts/<n>/``, only the highest ``n`` with a
    config counts; an attempt that is named itself counts as it is.

    Raises:
        ConfigError: One is no folder.
        StorageError: One cannot be read.
    """
    found: dict[Path, RunFolder] = {}
    for path in map(_meant, paths):
        if not path.is_dir():
            why = "is not a folder" if path.exists() else "there is no such folder"
            raise ConfigError(why, key="PATH", value=path)
        if not os.access(path, os.R_OK | os.X_OK):
            raise StorageError(f"PATH={path}: cannot be read")
        for folder in _below(absolute(path)):
            found.setdefault(folder.resolve(), RunFolder(folder))
    return list(found.values())


def _meant(path: Path) -> Path:
    """Return a path as it is, or the sweep of that name where there is no such path."""
    if path.exists() or len(path.parts) != 1:
        return path
    try:
        return find_sweep(str(path), default_output_dir())
    except ConfigError:
        return path  # told as a path


def _below(path: Path) -> Iterator[Path]:
    """Give the run folders at or below one, in the order of their names."""
    try:
        children = sorted(entry.name for entry in os.scandir(path) if _is_folder(entry))
    except OSError as error:
        # Such as lost+found at the top of a disk.
        _log.warning("left out: %s: %s", path, error.strerror)
        return
    if (latest := latest_attempt(path)) is not None:
        yield latest
    elif (path / _CONFIG).is_file() and _is_run(path):
        yield path
    else:
        for name in children:
            yield from _below(path / name)


def _is_run(path: Path) -> bool:
    # What a sweep has planned and nobody has begun is told, too.
    return path.parent.name == _RUNS or any((path / sign).exists() for sign in _SIGNS)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    # Links are not followed: they may lead in a circle, or out of what was named.
    return entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")
