"""The folders of YAML configs that plugins bring, and what there is to choose in them."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from rnnlab.plugins.allowed import refusal
from rnnlab.plugins.discovery import components
from rnnlab.plugins.installed import Component, canonical, installed


def folder_of(component: Component) -> Path | None:
    """Return the folder that a plugin brings, without importing any of it; None if there is none.

    Args:
        component: Of group ``conf``; its target is the folder as a package: ``rnnlab_music.conf``.
    """
    return _folder(component.target, tuple(sys.path))


def groups_of_plugins() -> set[str]:
    """Return the config groups that plugins' folders have options in."""
    return {
        entry.name
        for component in components("conf")
        if (folder := folder_of(component)) is not None
        for entry in _entries(folder)
        if entry.is_dir() and not entry.name.startswith((".", "_"))
    }


def conf_options(group: str) -> list[Component]:
    """Return each YAML file that an allowed plugin has for a group; ``target`` is its path."""
    return [
        replace(component, group=group, name=_name(path, folder / group), target=str(path))
        for component in components("conf")
        if (folder := folder_of(component)) is not None
        for path in sorted((folder / group).rglob("*.yaml"))
    ]


def conf_files(config_path: str, *, hidden: bool = False) -> list[tuple[Component, Path, str]]:
    """Return the files that a path of Hydra's means: several where plugins have the same.

    Args:
        config_path: ``experiment/music``, or ``experiment/distribution:music``.
        hidden: Whether to look for those that may not be used.

    Returns:
        Who brings each, its folder, and its path there.
    """
    group, slash, option = config_path.strip("/").rpartition("/")
    if ":" in group:  # experiment/distribution:folder/music
        group, slash, option = config_path.strip("/").partition("/")
    distribution, colon, name = option.rpartition(":")
    inner = f"{group}/{name.removesuffix('.yaml')}"
    if not slash or ".." in Path(inner).parts:
        return []
    found = []
    for component in installed("conf"):
        elsewhere = colon and component.distribution != canonical(distribution)
        if elsewhere or (refusal(component) is not None) is not hidden:
            continue
        folder = folder_of(component)
        if folder is not None and Path(folder, f"{inner}.yaml").is_file():
            found.append((component, folder, inner))
    return found


@lru_cache(maxsize=1024)
def _folder(target: str, path: tuple[str, ...]) -> Path | None:
    # To ask importlib for a package inside of another would import the other.
    first, *rest = target.split(".")
    try:
        spec = find_spec(first)
    except (ImportError, ValueError, AttributeError):
        return None
    for root in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(root, *rest)
        if folder.is_dir():
            return folder
    return None


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()
