"""What there is to choose from: ``rnnlab list`` and ``rnnlab show``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rnnlab.config.allow_list import allow_list
from rnnlab.config.options import (
    comment,
    file_of,
    groups,
    installed_options,
    options,
    own_files,
    plugin_files,
    plural,
    qualified_options,
)
from rnnlab.errors import ConfigError, nearest
from rnnlab.plugins import discovery
from rnnlab.plugins.allowed import allowing
from rnnlab.plugins.bounded import read_text
from rnnlab.plugins.conf import packaged_conf
from rnnlab.plugins.discovery import Component
from rnnlab.plugins.outline import outline
from rnnlab.plugins.plugin_conf import conf_files, folder_of
from rnnlab.plugins.verdicts import Verdict, known

if TYPE_CHECKING:
    from rnnlab.plugins.signature import Parameter


def tables(
    kind: str | None = None, found: Mapping[Component, Verdict | None] = MappingProxyType({})
) -> list[Table]:
    """Return a table of the options of each group, without importing any of them.

    A plugin's component has beside it what its last import told, or that it is unchecked.

    Args:
        kind: A group, in the singular or the plural; None for all.
        found: What a check has told just now; where nothing can be kept, it is known from nowhere
            else.

    Raises:
        ConfigError: There is no such group.
    """
    with allowing(allow_list()):
        return [_table(group, found) for group in _groups(kind)]


def check_plugins(kind: str | None = None) -> dict[Component, Verdict | None]:
    """Import each plugin's component in a process of its own, and keep the verdicts.

    Args:
        kind: As for :func:`tables`.

    Returns:
        The verdict on each, None where none was reached.
    """
    from rnnlab.plugins.check import check

    with allowing(allow_list()):
        chosen = [item for group in _groups(kind) for item in discovery.components(group)]
        confs = discovery.components("conf") if kind is None else []
    verdicts = check([component for component in chosen if not component.own])
    for component in confs:
        if folder_of(component) is None:
            verdicts[component] = Verdict(f"there is no folder {component.target}")
    return verdicts


def broken(found: Mapping[Component, Verdict | None]) -> list[str]:
    """Return a line for each component that is of no use, or could not be tried."""
    return [
        f"{component.group}={component.qualified}: {verdict or 'unchecked: the check broke off'}"
        for component, verdict in found.items()
        if verdict is None or verdict.reason
    ]


def _groups(kind: str | None) -> list[str]:
    every = groups()
    chosen = every if kind is None else [group for group in every if kind in (group, plural(group))]
    if not chosen:
        plurals = [plural(group) for group in every]
        raise ConfigError(f"there are no {kind!r}", valid=plurals, near=nearest(str(kind), plurals))
    return chosen


def _table(group: str, found: Mapping[Component, Verdict | None]) -> Table:
    table = Table(title=plural(group), title_justify="left", box=None, pad_edge=False)
    table.add_column("name", style="bold", no_wrap=True)
    table.add_column("from", style="dim", no_wrap=True)
    components = installed_options(group)
    strangers = any(not component.own for component in components.values())
    if strangers:
        table.add_column("check")
    table.add_column("what it is")
    rows: dict[str, tuple[str, str, str]] = {}
    for name, component in components.items():
        verdict = None if component.own else found.get(component) or known(component)
        imported = verdict is not None and not verdict.reason
        words = verdict.summary if verdict and imported else outline(component).summary
        if name != component.name:
            words = f"{words} ({_why_qualified(component)})".lstrip()
        said = "" if component.own else str(verdict or "unchecked")
        rows[name] = (_origin(component), said, words)
    for name, component in plugin_files(group).items():
        rows[name] = (_origin(component), "", comment(Path(component.target)))
    for name, path in own_files(group).items():
        own = not path.is_relative_to(packaged_conf())
        rows[name] = ("./conf" if own else "conf", "", comment(path))
    for name, (origin, said, words) in sorted(rows.items()):
        table.add_row(name, origin, *([Text(said)] if strangers else []), Text(words))
    return table


def _origin(component: Component) -> str:
    return f"{component.distribution} {component.version}"


def _why_qualified(component: Component) -> str:
    same = discovery.shown(discovery.components(component.group))
    short = f"{component.group}={component.name}"
    if component.name in same or component.name in own_files(component.group):
        return f"{short} is another one"
    return f"{short} could be several"


def describe(what: str) -> RenderableType:
    """Return the description of one option: arguments, documentation and where it comes from.

    Args:
        what: ``GROUP/NAME``, or a name that only one group has.

    Raises:
        ConfigError: There is no such option, or it cannot be imported.
    """
    with allowing(allow_list()):
        return _describe(*_find(what))


def _describe(group: str, name: str) -> RenderableType:
    path = file_of(group, name)
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
    every = groups()
    group, slash, name = what.partition("/")
    if not slash:
        holding = [(each, what) for each in every if _has(each, what)]
        if len(holding) == 1:
            return holding[0]
        valid = [f"{each}/{found}" for each, found in holding]
        why = "say which one" if holding else "is not GROUP/NAME"
        raise ConfigError(why, key="show", value=what, valid=valid or [f"{g}/…" for g in every])
    group = next((each for each in every if group in (each, plural(each))), group)
    if group not in every:
        raise ConfigError(
            "is not a group", key="show", value=group, valid=every, near=nearest(group, every)
        )
    names = options(group)
    offers = [f"{at.distribution}:{name}" for at, _, _ in conf_files(f"{group}/{name}")]
    if name not in names and len(offers) > 1:
        why = "is offered by several packages; say which"
        raise ConfigError(why, key=group, value=name, valid=offers)
    if name not in names and file_of(group, name) is None and not discovery.exists(group, name):
        raise ConfigError(
            "is not an option", key=group, value=name, valid=names, near=nearest(name, names)
        )
    return group, name


def _has(group: str, name: str) -> bool:
    return name in options(group) or name in qualified_options(group)


def _default(parameter: Parameter) -> str:
    if parameter.required:
        return "required"
    # As it would be written in YAML.
    text = str(parameter.plain_default)
    return {"None": "null", "True": "true", "False": "false"}.get(text, text)
