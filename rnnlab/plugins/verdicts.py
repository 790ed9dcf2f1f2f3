"""What is known of plugins' components from the last time they were imported.

A file in the user's cache folder holds it, by the hash of the package's files: a class that is made
while its module is imported has no source that :mod:`rnnlab.plugins.outline` could read. The file
may be damaged, absent or read-only, and then nothing is known.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from rnnlab.plugins.content import files_of, sha256_of
from rnnlab.plugins.installed import Component, environment
from rnnlab.version import __version__

_MOST = 5000  # what is kept of each table; the newest
_MOST_BYTES = 20_000_000
_LOCK_SECONDS = 2.0


@dataclass(frozen=True)
class Verdict:
    """What an import of a component told.

    Args:
        reason: Why it is of no use; empty where it is of use.
        summary: The first line of the class's docstring.
        arguments: What a config can set, each with the values it names if it names any.
    """

    reason: str = ""
    summary: str = ""
    arguments: dict[str, list[str]] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"broken: {self.reason}" if self.reason else "ok"


def cache_file() -> Path:
    """Return where verdicts are kept: below ``XDG_CACHE_HOME``, or else ``~/.cache``."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(given) if os.path.isabs(given) else Path(os.path.expanduser("~"), ".cache")
    return folder / "rnnlab" / "plugins.json"


def known(component: Component) -> Verdict | None:
    """Return what was found of a component as its files are now, or None.

    That it is broken may be mended by another package, so this is forgotten when any is installed.
    """
    tables = _tables()
    label = _label(component)
    if label not in tables["labels"]:
        return None
    content = tables["hashes"].get(_signature(component))
    if content is None:
        # The files are not the ones that were looked at, or are the same and were copied.
        with suppress(OSError):
            content = sha256_of(component)
    found = tables["verdicts"].get(f"{content} {label}")
    if not isinstance(found, dict):
        return None
    verdict = _verdict(found)
    stale = verdict is not None and verdict.reason and found.get("environment") != environment()
    return None if stale else verdict


def remember(verdicts: Mapping[Component, Verdict]) -> bool:
    """Keep what was found; whoever writes at the same time loses nothing.

    Returns:
        Whether it could be kept.
    """
    path = cache_file()
    try:
        from filelock import FileLock

        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock"), timeout=_LOCK_SECONDS):
            tables = _load(path)
            for component, verdict in verdicts.items():
                content = sha256_of(component)
                _put(tables["hashes"], _signature(component), content)
                kept = {**asdict(verdict), "environment": environment()}
                _put(tables["verdicts"], f"{content} {_label(component)}", kept)
            _write(path, {name: dict(list(kept.items())[-_MOST:]) for name, kept in tables.items()})
    except (OSError, TimeoutError):
        return False
    return True


def _label(component: Component) -> str:
    """Return what a verdict is about, besides the files."""
    python = ".".join(platform.python_version_tuple()[:2])
    what = f"{component.group}/{component.qualified} {component.version} {component.target}"
    return f"{what} rnnlab-{__version__} python-{python}"


def _signature(component: Component) -> str:
    """Return what changes when files do, without reading them."""
    digest = hashlib.sha256()
    for _, path in files_of(component):
        with suppress(OSError):
            status = path.stat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _tables() -> dict[str, Any]:
    path = cache_file()
    try:
        status = path.stat()
    except OSError:
        return {"labels": ()}
    return _parsed(path, status.st_mtime_ns, status.st_ino)


@lru_cache(maxsize=2)
def _parsed(path: Path, changed: int, inode: int) -> dict[str, Any]:
    """Return the tables of a file that is read once for as long as nobody replaces it."""
    tables: dict[str, Any] = _load(path)
    tables["labels"] = {key.partition(" ")[2] for key in tables["verdicts"]}
    return tables


def _load(path: Path) -> dict[str, dict[str, Any]]:
    content: Any = None
    # A damaged file holds nothing; RecursionError is what deep nesting ends in.
    with suppress(OSError, ValueError, RecursionError):
        if path.stat().st_size <= _MOST_BYTES:
            content = json.loads(path.read_text(encoding="utf-8"))
    tables = content if isinstance(content, dict) else {}
    return {
        name: table if isinstance(table := tables.get(name), dict) else {}
        for name in ("hashes", "verdicts")
    }


def _put(table: dict[str, Any], key: str, value: object) -> None:
    table.pop(key, None)  # so that it becomes the newest
    table[key] = value


def _write(path: Path, tables: dict[str, dict[str, Any]]) -> None:
    handle, draft = tempfile.mkstemp(prefix=".plugins-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(tables, stream)
        os.replace(draft, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(draft)
        raise


def _verdict(found: dict[str, Any]) -> Verdict | None:
    reason, summary = found.get("reason"), found.get("summary")
    arguments = found.get("arguments")
    if not isinstance(reason, str) or not isinstance(summary, str):
        return None
    if not isinstance(arguments, dict):
        return None
    return Verdict(
        reason,
        summary,
        {
            name: [str(value) for value in values]
            for name, values in arguments.items()
            if isinstance(values, list)
        },
    )
