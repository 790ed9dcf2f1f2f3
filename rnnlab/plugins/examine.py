"""Importing a component to find out whether it is of use, and what its class says of itself."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from omegaconf import DictConfig

from rnnlab.errors import one_line
from rnnlab.plugins.importing import Faulty, guarded
from rnnlab.plugins.installed import Component
from rnnlab.plugins.loading import load_class
from rnnlab.plugins.nodes import configurable, node
from rnnlab.plugins.signature import Parameter
from rnnlab.plugins.verdicts import Verdict, known, remember


@dataclass(frozen=True)
class Examined:
    """A component that is of use.

    Args:
        config: Its config node.
        verdict: What its class says of itself.
    """

    config: DictConfig
    verdict: Verdict


def examine(component: Component) -> Examined:
    """Import a component and derive its config node.

    Raises:
        Faulty: It is of no use.
    """
    cls = load_class(component)
    what = f"offers {component.target}, whose signature gives no config"
    if component.own:
        return _examined(cls, component)
    # Type hints and defaults are the stranger's code, too.
    return guarded(lambda: _examined(cls, component), what)


def examine_and_remember(component: Component) -> Examined:
    """Do as :func:`examine`, and keep what is found of a plugin's component.

    Raises:
        Faulty: It is of no use.
    """
    try:
        found = examine(component)
    except Faulty as error:
        _keep(component, broken(error))
        raise
    _keep(component, found.verdict)
    return found


def broken(error: Faulty) -> Verdict:
    """Return the verdict on a component that is of no use."""
    return Verdict(one_line(str(error)))


def _examined(cls: type, component: Component) -> Examined:
    summary = inspect.cleandoc(cls.__doc__ or "").partition("\n")[0]
    arguments = {item.name: _values(item) for item in configurable(cls, component.group)}
    target = component.target.partition("[")[0].replace(" ", "").replace(":", ".")
    return Examined(node(cls, component.group, target), Verdict("", one_line(summary), arguments))


def _values(parameter: Parameter) -> list[str]:
    if parameter.type is bool:
        return ["true", "false"]
    return [str(choice) for choice in parameter.choices]


def _keep(component: Component, verdict: Verdict) -> None:
    if not component.own and known(component) != verdict:
        remember({component: verdict})
