"""What there is to choose from: ``rnnlab list`` and ``rnnlab show``."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rnnlab.config.options import comment, files, groups, options, plural
from rnnlab.errors import ConfigError, nearest
from rnnlab.plugins import discovery
from rnnlab.plugins.bounded import read_text
from rnnlab.plugins.conf import packaged_conf
from rnnlab.plugins.outline import outline

if TYPE_CHECKING:
    from rnnlab.plugins.signature import Parameter


def tables(kind: str | None = None) -> list[Table]:
    """Return a table of the options of each group, without importing any of them.

    Args:
        kind: A group, in the singular or the plural; None for all.

    Raises:
        ConfigError: There is no such group.
    """
    known = groups()
    chosen = known if kind is None else [group for group in known if kind in (group, plural(group))]
    if not chosen:
        plurals = [plural(group) for group in known]
        raise ConfigError(f"there are no {kind!r}", valid=plurals, near=nearest(str(kind), plurals))
    return [_table(group) for group in chosen]


def _table(group: str) -> Table:
    table = Table(title=plural(group), title_justify="left", box=None, pad_edge=False)
    table.add_column("name", style="bold", no_wrap=True)
    table.add_column("from", style="dim", no_wrap=True)
    table.add_column("what it is")
    rows: dict[str, tuple[str, str]] = {}
    for component in discovery.components(group):
        origin = f"{component.distribution} {component.version}"
        rows[component.name] = (origin, outline(component).summary)
    for name, path in files(group).items():
        own = not path.is_relative_to(packaged_conf())
        rows[name] = ("./conf" if own else "conf", comment(path))
    for name, (origin, words) in sorted(rows.items()):
        table.add_row(name, origin, Text(words))
    return table


def describe(what: str) -> RenderableType:
    """Return the description of one option: arguments, documentation and where it comes from.

    Args:
        what: ``GROUP/NAME``, or a name that only one group has.

    Raises:
        ConfigError: There is no such option, or it cannot be imported.
    """
    group, name = _find(what)
    path = files(group).get(name)
    if path is not None:
        heading = Text(f"{group}={name}", style="bold")
        return Group(heading, Text(f"{path}\n", style="dim"), Text(read_text(path)))
    return _describe_class(group, name)


def _describe_class(group: str, name: str) -> RenderableType:
    from rnnlab.plugins.nodes import configurable

    component, cls = discovery.find(group, name), discovery.load(group, name)
    documentation = inspect.cleandoc(cls.__doc__ or "")
    prose, meanings = split_arguments(documentation)
    table = Table(box=None, pad_edge=False)
    for column in ("key", "default", "type", "meaning"):
        table.add_column(column, style="bold" if column == "key" else "")
    for parameter in configurable(cls, group):
        table.add_row(
            f"{group}.{parameter.name}",
            _default(parameter),
            parameter.describe(),
            Text(meanings.get(parameter.name, "")),
        )
    origin = f"{component.target} of {component.distribution} {component.version}\n"
    return Group(
        Text(f"{group}={name}", style="bold"),
        Text(origin, style="dim"),
        Text(f"{prose}\n"),
        Padding(table, (0, 0, 1, 0)) if table.rows else Text("It has no arguments."),
    )


def split_arguments(documentation: str) -> tuple[str, dict[str, str]]:
    """Return a docstring without its ``Args:`` section, and what that says of each argument."""
    match = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)+)", documentation, re.MULTILINE)
    if match is None:
        return documentation, {}
    meanings: dict[str, str] = {}
    current = ""
    for line in inspect.cleandoc(match[1]).splitlines():
        named = re.match(r"(\w+)(?: \(.*?\))?: (.*)", line)
        if named:
            current = named[1]
            meanings[current] = named[2]
        elif current and line.strip():
            meanings[current] += f" {line.strip()}"
    prose = documentation[: match.start()] + documentation[match.end() :]
    return re.sub(r"\n{3,}", "\n\n", prose).strip(), meanings


def _find(what: str) -> tuple[str, str]:
    known = groups()
    group, slash, name = what.partition("/")
    if not slash:
        holding = [(each, what) for each in known if what in options(each)]
        if len(holding) == 1:
            return holding[0]
        valid = [f"{each}/{found}" for each, found in holding]
        why = "say which one" if holding else "is not GROUP/NAME"
        raise ConfigError(why, key="show", value=what, valid=valid or [f"{g}/…" for g in known])
    group = next((each for each in known if group in (each, plural(each))), group)
    if group not in known:
        raise ConfigError(
            "is not a group", key="show", value=group, valid=known, near=nearest(group, known)
        )
    names = options(group)
    if name not in names:
        raise ConfigError(
            "is not an option", key=group, value=name, valid=names, near=nearest(name, names)
        )
    return group, name


def _default(parameter: Parameter) -> str:
    if parameter.required:
        return "required"
    # As it would be written in YAML.
    text = str(parameter.plain_default)
    return {"None": "null", "True": "true", "False": "false"}.get(text, text)
