"""Which groups and options a config can choose from, without composing or importing anything."""

from __future__ import annotations

from pathlib import Path

from rnnlab.plugins import discovery
from rnnlab.plugins.conf import conf_folders


def groups() -> list[str]:
    """Return the config groups: folders of configs and kinds of components, sorted."""
    folders = {
        entry.name
        for conf in conf_folders()
        if conf.is_dir()
        for entry in conf.iterdir()
        if entry.is_dir() and not entry.name.startswith((".", "_"))
    }
    return sorted(folders | set(discovery.GROUPS))


def options(group: str) -> list[str]:
    """Return the options of a group: YAML files of either folder and installed components."""
    return sorted({*files(group), *discovery.names(group)})


def files(group: str) -> dict[str, Path]:
    """Return the YAML file of each option of a group that has one; ``./conf`` comes first."""
    found: dict[str, Path] = {}
    for conf in conf_folders():
        for path in sorted((conf / group).rglob("*.yaml")):
            found.setdefault(path.relative_to(conf / group).with_suffix("").as_posix(), path)
    return found


def comment(path: Path) -> str:
    """Return the first comment of a YAML file that is not a ``@package`` header, or nothing."""
    for line in path.read_text(encoding="utf-8").splitlines():
        text = line.removeprefix("#").strip()
        if not line.startswith("#"):
            return ""
        if text and not text.startswith("@"):
            return text
    return ""
