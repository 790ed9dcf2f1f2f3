"""The content of the package that a component's class lives in."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path

from rnnlab.plugins.discovery import Component

_COMPILED = ("__pycache__",)


def files_of(component: Component) -> list[tuple[str, Path]]:
    """Return the files of a component's top-level package, sorted, with their names inside of it.

    Nothing is imported. A component whose package cannot be found has no files.
    """
    try:
        spec = find_spec(component.package)
    except (ImportError, ValueError):
        return []
    if spec is None:
        return []
    if spec.submodule_search_locations is None:
        path = Path(spec.origin or "")
        return [(path.name, path)] if path.is_file() else []
    found = {
        path.relative_to(folder).as_posix(): path
        for folder in spec.submodule_search_locations
        for path in Path(folder).rglob("*")
        if path.is_file() and not set(path.parts) & set(_COMPILED)
    }
    return sorted(found.items())


def sha256_of(component: Component) -> str:
    """Return the hash of the names and contents of those files, hexadecimal."""
    digest = hashlib.sha256()
    for name, path in files_of(component):
        content = path.read_bytes()
        digest.update(f"{name}\n{len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()
