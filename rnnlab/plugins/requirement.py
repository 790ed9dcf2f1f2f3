"""Whether a plugin was built for this rnnlab: its own requirement says so."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, requires

from packaging.requirements import InvalidRequirement, Requirement

from rnnlab.plugins.installed import CORE, Component, canonical
from rnnlab.version import __version__


def built_for_another(component: Component) -> str | None:
    """Return why a component's package does not go with this rnnlab, or None where it does.

    Args:
        component: What is asked about. A package that requires no rnnlab, or any, goes with all.
    """
    try:
        wanted = requires(component.distribution) or []
    except PackageNotFoundError:
        return None
    for text in wanted:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if canonical(requirement.name) != CORE or not _applies(requirement):
            continue
        if not requirement.specifier.contains(__version__, prereleases=True):
            why = f"it requires rnnlab{requirement.specifier}, and this is rnnlab {__version__}"
            return f"was built for another API version: {why}"
    return None


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})
