"""From a component's description to its class: the only place where a component is imported."""

from __future__ import annotations

from importlib import import_module

from rnnlab.plugins.importing import Faulty, guarded
from rnnlab.plugins.installed import Component
from rnnlab.plugins.kinds import base
from rnnlab.plugins.requirement import built_for_another


def load_class(component: Component) -> type:
    """Import a component's module, and no other component's, and return its class.

    Raises:
        Faulty: It cannot be imported in time, is not a class of its group's kind, or was built for
            another rnnlab.
    """
    if component.own:
        own = _resolve(component.target)
        assert isinstance(own, type)
        return own
    if why := built_for_another(component):
        raise Faulty(why)
    # Before the clock starts: a plugin is not to blame for how long torch takes.
    kind = base(component.group)
    what = f"cannot be imported ({component.target})"
    loaded = guarded(lambda: _resolve(component.target), what)
    offer = f"offers {component.target}, which is"
    if not isinstance(loaded, type):
        raise Faulty(f"{offer} not a class")
    if not issubclass(loaded, kind):
        raise Faulty(f"{offer} not a {kind.__module__}.{kind.__qualname__}")
    return loaded


def _resolve(target: str) -> object:
    module, _, path = target.partition("[")[0].replace(" ", "").partition(":")
    found: object = import_module(module)
    for name in filter(None, path.split(".")):
        found = getattr(found, name)
    return found
