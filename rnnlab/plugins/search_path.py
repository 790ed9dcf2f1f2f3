"""Where Hydra looks for configs: ``./conf``, the packaged configs, then what is installed."""

from __future__ import annotations

from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.plugins import Plugins
from hydra.plugins.search_path_plugin import SearchPathPlugin

from rnnlab.plugins.conf import conf_folders, packaged_conf
from rnnlab.plugins.conf_source import ConfSource
from rnnlab.plugins.config_source import ComponentSource
from rnnlab.plugins.plugin_conf_source import PluginConfSource


class ComponentSearchPath(SearchPathPlugin):
    """Puts ``./conf`` before the packaged configs, and installed components after them."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        """Extend the search path of rnnlab's own configs; leave other programs' alone."""
        paths = [item.path or "" for item in search_path.get_path() if item.provider == "main"]
        if [path.removeprefix("file://") for path in paths] != [str(packaged_conf())]:
            return
        for item in search_path.get_path():
            if item.provider == "main":
                item.path = f"{ConfSource.scheme()}://{packaged_conf()}"
        for folder in conf_folders()[:-1]:
            search_path.prepend("rnnlab", f"{ConfSource.scheme()}://{folder}", anchor="main")
        search_path.append("rnnlab", "rnnlab://plugins")
        # Last, so that no plugin's file changes what a name of anybody else's means.
        search_path.append("rnnlab", f"{PluginConfSource.scheme()}://plugins")


def register() -> None:
    """Make them known to Hydra; doing it again changes nothing."""
    Plugins.instance().register(ComponentSource)
    Plugins.instance().register(ConfSource)
    Plugins.instance().register(PluginConfSource)
    Plugins.instance().register(ComponentSearchPath)
