"""Which class a ``_target_`` names, and whether it may be built.

A config is data that people send each other, so it must not be able to call just anything. A path
that begins well is no proof: ``torch.optim.optimizer.torch.hub.load`` ends in ``torch.hub.load``.
A target is therefore resolved first, and accepted only if it is a class, defined in one of the
packages below or in an installed plugin, of the kind that its place in the config expects.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from rnnlab.errors import ConfigError, Refused
from rnnlab.plugins import discovery
from rnnlab.plugins.allowed import refusal
from rnnlab.plugins.importing import Faulty, guarded
from rnnlab.plugins.installed import Component
from rnnlab.plugins.kinds import KINDS, base
from rnnlab.plugins.requirement import built_for_another

__all__ = ["KINDS", "PACKAGES", "base", "target"]

PACKAGES = ("rnnlab", "torch.optim", "torch.nn", "pytorch_lightning.callbacks")
"""Where classes may come from, besides installed plugins."""

_ABSENT = object()


def target(node: DictConfig, slot: str, key: str | None = None) -> type:
    """Return the class that a node's ``_target_`` names.

    Args:
        node: The node.
        slot: A key of :data:`rnnlab.plugins.kinds.KINDS`.
        key: Where the node is in the config; ``slot`` by default.

    Raises:
        ConfigError: There is no such class, its plugin may not be used, or it cannot be imported.
        Refused: It is not a class, is not the slot's kind, or comes from elsewhere.
    """
    key = f"{key or slot}._target_"
    path = _written(node)
    if not isinstance(path, str) or not all(part.isidentifier() for part in path.split(".")):
        raise ConfigError("must be the dotted path of a class", key=key, value=path)
    owner = discovery.owner(path)
    if owner is not None and (why := refusal(owner)):
        raise ConfigError(why, key=key, value=path)
    allowed = (*PACKAGES, *sorted(discovery.packages() - {"rnnlab"}))
    refused = Refused(
        f"{key}={path}: only classes of {', '.join(allowed)} are built; others run unknown code"
    )
    if not _within(path, allowed) or "__main__" in path.split("."):
        raise refused
    # Before the clock of a plugin's import starts: it is not to blame for how long torch takes.
    kind = base(slot)
    found = _imported(owner, path, key, allowed)
    if not isinstance(found, type) or not _within(str(found.__module__), allowed):
        raise refused
    if not issubclass(found, kind):
        raise Refused(f"{key}={path}: is not a {kind.__module__}.{kind.__qualname__}")
    return found


def _written(node: DictConfig) -> object:
    try:
        return node.get("_target_")
    except OmegaConfBaseException:
        plain: Any = OmegaConf.to_container(node, resolve=False)
        return plain["_target_"]


def _within(path: str, packages: Iterable[str]) -> bool:
    return any(path == package or path.startswith(f"{package}.") for package in packages)


def _imported(owner: Component | None, path: str, key: str, allowed: tuple[str, ...]) -> object:
    """Follow a path, a plugin's with the same care as when it was chosen by name.

    Raises:
        ConfigError: It leads nowhere, cannot be imported, or is of a plugin built for another
            rnnlab.
    """
    what = "cannot be imported"
    try:
        if owner is None:
            found = _resolve(path, allowed)
        elif why := built_for_another(owner):
            raise Faulty(why)
        else:
            found = guarded(lambda: _resolve(path, allowed), what)
    except Faulty as error:
        assert owner is not None
        why = f"{owner.distribution} {owner.version} {error}"
        raise ConfigError(why, key=key, value=path) from error
    except ConfigError:
        raise
    except Exception as error:
        why = f"{what}: {type(error).__name__}: {error}".splitlines()[0]
        raise ConfigError(why, key=key, value=path) from error
    if found is _ABSENT:
        raise ConfigError("does not exist", key=key, value=path)
    return found


def _resolve(path: str, allowed: tuple[str, ...]) -> object:
    """Follow a path from its first module, through allowed packages and what leads to them.

    Returns:
        What stands at its end, or :data:`_ABSENT`; None where it leaves them, and then nothing
        there was imported.
    """
    first, *rest = path.split(".")
    found: object = import_module(first)
    for part in rest:
        if isinstance(found, ModuleType):
            name = f"{found.__name__}.{part}"
            if not _on_the_way(found.__name__, allowed):
                return None
            if not hasattr(found, part) and _on_the_way(name, allowed) and _is_module(found, name):
                found = import_module(name)
                continue
        elif not isinstance(found, type):
            return None
        if not hasattr(found, part):
            return _ABSENT
        found = getattr(found, part)
    return found


def _on_the_way(module: str, allowed: tuple[str, ...]) -> bool:
    """Whether a module is allowed, or a package such as ``torch`` around one that is."""
    return _within(module, allowed) or any(package.startswith(f"{module}.") for package in allowed)


def _is_module(package: ModuleType, name: str) -> bool:
    return hasattr(package, "__path__") and find_spec(name) is not None
