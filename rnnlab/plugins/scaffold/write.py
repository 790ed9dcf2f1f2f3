"""From templates to a folder that can be installed."""

from __future__ import annotations

import re
import shlex
from importlib.metadata import version
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory

from rnnlab.errors import ConfigError
from rnnlab.plugins.scaffold.naming import Naming

_TEMPLATES = Path(__file__).parent / "templates"
# Files below templates/ end so, and are therefore nobody's source, test or ignore file yet.
_ENDING = ".template"


def write(names: Naming, place: Path) -> Path:
    """Write the package of a new plugin and return its folder.

    It is made beside its place and then renamed: there is a whole folder, or none.

    Args:
        names: What everything in it is called.
        place: The folder to make its folder in.

    Raises:
        ConfigError: There is no such place, or something is there already.
        OSError: The folder cannot be written.
    """
    if not place.is_dir():
        raise ConfigError("there is no such folder", key="--path", value=place)
    folder = place / names.distribution
    if folder.is_symlink() or (folder.exists() and not _empty(folder)):
        raise ConfigError("exists already", key="NAME", value=folder)
    words = substitutions(names)
    with TemporaryDirectory(dir=place, prefix=f".{names.distribution}-") as beside:
        made = Path(beside) / names.distribution
        for part in ("package", names.kind):
            _fill(_TEMPLATES / part, made, words)
        made.replace(folder)
    return folder


def next_commands(names: Naming, folder: Path) -> list[str]:
    """Return what its author may type next."""
    place = shlex.quote(str(folder))
    return [
        f"pip install -e {place}",
        f"rnnlab train {names.training}",
        f"pip install -e {shlex.quote(f'{folder}[dev]')} && pytest {place}",
        f"rnnlab plugin check {names.distribution}",
    ]


def substitutions(names: Naming) -> dict[str, str]:
    """Return what the templates say for ``$…``."""
    return {
        "kind": names.kind,
        "component": names.component,
        "distribution": names.distribution,
        "package": names.package,
        "class_name": names.class_name,
        "training": names.training,
        "requirement": requirement(version("rnnlab")),
    }


def requirement(running: str) -> str:
    """Return which versions of rnnlab a plugin written with this one is made for.

    Before 1.0 each second number may change what plugins see, afterwards each first one.
    """
    major, minor = (int(number) for number in re.findall(r"\d+", running)[:2])
    following = f"0.{minor + 1}" if major == 0 else f"{major + 1}"
    return f"rnnlab>={major}.{minor},<{following}"


def _empty(folder: Path) -> bool:
    return folder.is_dir() and not any(folder.iterdir())


def _fill(templates: Path, folder: Path, words: dict[str, str]) -> None:
    for template in sorted(templates.rglob(f"*{_ENDING}")):
        named = template.relative_to(templates).as_posix().removesuffix(_ENDING)
        path = folder / Template(named).substitute(words)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = Template(template.read_text(encoding="utf-8")).substitute(words)
        path.write_text(text, encoding="utf-8", newline="\n")
