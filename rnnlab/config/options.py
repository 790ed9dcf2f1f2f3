"""Which groups and options a config can choose from, without composing or importing anything."""

from __future__ import annotations

import re
from pathlib import Path

from rnnlab.errors import ConfigError
from rnnlab.plugins import discovery
from rnnlab.plugins.bounded import read_text
from rnnlab.plugins.conf import conf_folders
from rnnlab.plugins.discovery import Component
from rnnlab.plugins.plugin_conf import conf_options, groups_of_plugins

HYDRA_FLAGS = ("--help", "--hydra-help", "--cfg", "--package", "--resolve", "--info")
"""The flags of Hydra's that ``rnnlab train`` answers; the others start or set up its own runs."""

MULTIRUN = ("-m", "--multirun")
"""The flag of ``rnnlab train`` that makes a run of each combination of values."""

DRY_RUN = "--dry-run"
"""The flag beside it that shows the runs instead of making them."""


def groups() -> list[str]:
    """Return the config groups: folders of configs and kinds of components, sorted."""
    folders = {
        entry.name
        for conf in conf_folders()
        if conf.is_dir()
        for entry in conf.iterdir()
        if entry.is_dir() and not entry.name.startswith((".", "_"))
    }
    return sorted(folders | set(discovery.GROUPS) | groups_of_plugins())


def options(group: str) -> list[str]:
    """Return the options of a group, YAML files and installed components, each by one name."""
    return sorted({*files(group), *installed_options(group)})


def installed_options(group: str) -> dict[str, Component]:
    """Return the installed components of a group by the shortest name that chooses each."""
    return discovery.shown(discovery.components(group), taken=own_files(group))


def qualified_options(group: str) -> list[str]:
    """Return ``distribution:name`` of all that is installed for a group, which always chooses."""
    offers = [*discovery.components(group), *conf_options(group)]
    return sorted(component.qualified for component in offers)


def plural(group: str) -> str:
    """Return the name under which a group is listed: ``cells`` for ``cell``."""
    return group if group.endswith(("s", "ing")) else f"{group}s"


def files(group: str) -> dict[str, Path]:
    """Return the YAML file of each option of a group that has one.

    ``./conf`` comes first, then rnnlab's own; a plugin's has the name that nothing else has.
    """
    return own_files(group) | {name: Path(at.target) for name, at in plugin_files(group).items()}


def plugin_files(group: str) -> dict[str, Component]:
    """Return the YAML files that plugins bring for a group by the shortest name of each."""
    taken = {*own_files(group), *(item.name for item in discovery.installed(group))}
    return discovery.shown(conf_options(group), taken)


def file_of(group: str, option: str) -> Path | None:
    """Return the YAML file of an option, by whichever name; None for one that has no file."""
    path = files(group).get(option)
    if path is None and ":" in option:
        # Qualified, though a shorter name would do.
        same = (item for item in conf_options(group) if item.qualified == option)
        path = next((Path(item.target) for item in same), None)
    return path


def own_files(group: str) -> dict[str, Path]:
    """Return the YAML file of each option of a group that ``./conf`` or rnnlab itself has."""
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
