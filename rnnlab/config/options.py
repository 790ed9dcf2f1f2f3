"""Which groups and options a config can choose from, without composing or importing anything."""

from __future__ import annotations

import re
from pathlib import Path

from rnnlab.errors import ConfigError
from rnnlab.plugins import discovery
from rnnlab.plugins.bounded import read_text
from rnnlab.plugins.conf import conf_folders

HYDRA_FLAGS = ("--help", "--hydra-help", "--cfg", "--package", "--resolve", "--info")
"""The flags of Hydra's that ``rnnlab train`` answers; the others start or set up its own runs."""

MULTIRUN = ("-m", "--multirun")
"""The flag of ``rnnlab train`` that makes a run of each combination of values."""


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


def plural(group: str) -> str:
    """Return the name under which a group is listed: ``cells`` for ``cell``."""
    return group if group.endswith(("s", "ing")) else f"{group}s"


def files(group: str) -> dict[str, Path]:
    """Return the YAML file of each option of a group that has one; ``./conf`` comes first."""
    found: dict[str, Path] = {}
    for conf in conf_folders():
        for path in sorted((conf / group).rglob("*.yaml")):
            found.setdefault(path.relative_to(conf / group).with_suffix("").as_posix(), path)
    return found


def comment(path: Path) -> str:
    """Return the first comment of a YAML file, its command and ``@package`` header left out."""
    try:
        lines = read_text(path).splitlines()
    except ConfigError:
        return ""
    for line in lines:
        if not line.startswith("#"):
            return ""
        text = line.lstrip("# ")
        # "rnnlab train cell=irnn        what it is": some files say both in one line.
        text = re.sub(r"^(rnnlab .*?(   +|$)|@.*)", "", text)
        if text:
            return text
    return ""
