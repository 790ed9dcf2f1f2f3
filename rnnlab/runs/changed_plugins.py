"""Whether the plugins that a run was made with are still what they were."""

from __future__ import annotations

import logging
from typing import Any

from omegaconf import OmegaConf

from rnnlab.errors import Refused, StorageError
from rnnlab.plugins.in_use import PluginInUse, plugins_in_use
from rnnlab.plugins.reading import read_yaml
from rnnlab.runs.folder import RunFolder
from rnnlab.runs.plugin_history import changes, history

_log = logging.getLogger(__name__)
ALLOW = "--allow-changed-plugins"


def refuse_changed_plugins(folder: RunFolder, *, allowed: bool) -> None:
    """Refuse to go on with a run with other plugins than it has used last.

    Args:
        folder: The run.
        allowed: Whether another version or other content is accepted. A plugin that is gone is
            not, for there is nothing to go on with.

    Raises:
        Refused: A plugin is gone, or has changed and that is not accepted.
        StorageError: The manifest cannot be read.
    """
    before, now = _then_and_now(folder)
    changed = changes(before, now)
    if needed := _needed(before, now):
        how = needed
    elif changed and not allowed:
        how = f"to go on all the same: rnnlab resume {folder.path.name} {ALLOW}"
    else:
        return
    raise Refused(f"RUN={folder.path.name}: {', '.join(changed)}; {how}")


def warn_of_changed_plugins(folder: RunFolder) -> None:
    """Warn, a line for each, of plugins that are not what the run was trained with.

    Raises:
        Refused: One is gone.
    """
    try:
        before, now = _then_and_now(folder)
    except StorageError as error:
        # Whoever wants scores and answers needs no manifest.
        _log.warning("it cannot be told whether a plugin has changed: %s", error)
        return
    changed = changes(before, now)
    if needed := _needed(before, now):
        raise Refused(f"RUN={folder.path.name}: {', '.join(changed)}; {needed}")
    for line in changed:
        _log.warning("RUN=%s: %s; scores and answers may differ", folder.path.name, line)


def _needed(before: dict[str, PluginInUse], now: dict[str, PluginInUse]) -> str:
    """Return what to do about plugins that are gone, or nothing where none is."""
    # A class may have moved to a distribution of another name.
    gone = [] if now.keys() - before.keys() else sorted(before.keys() - now.keys())
    if not gone:
        return ""
    packages = " ".join(f"{name}=={before[name].version}" for name in gone)
    return f"the run needs it: allow it, or pip install {packages}"


def _then_and_now(folder: RunFolder) -> tuple[dict[str, PluginInUse], dict[str, PluginInUse]]:
    if not folder.manifest.exists():  # it has not begun
        return {}, {}
    before = history(folder.read_manifest())[-1]
    # Not checked: a config whose plugin is gone is refused for reasons that help nobody.
    config: Any = OmegaConf.to_container(read_yaml(folder.config), resolve=False)
    return before, plugins_in_use(config)
