"""How Hydra reaches the YAML configs of plugins: bounded and checked as the user's own are."""

from __future__ import annotations

from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigResult, ConfigSource

from rnnlab.errors import ConfigError
from rnnlab.plugins.allowed import refusal
from rnnlab.plugins.conf_source import ConfSource
from rnnlab.plugins.discovery import shown
from rnnlab.plugins.plugin_conf import conf_files, conf_options, groups_of_plugins


class PluginConfSource(ConfigSource):
    """The folders of all plugins as one, searched after all others: ``rnnlab-conf://plugins``."""

    @staticmethod
    def scheme() -> str:
        """Return what its addresses begin with."""
        return "rnnlab-conf"

    def available(self) -> bool:
        """Return True: there is always metadata to look at."""
        return True

    def is_group(self, config_path: str) -> bool:
        """Return whether the path is a folder of any plugin's, or the root of them."""
        return config_path.strip("/").partition("/")[0] in ("", *groups_of_plugins())

    def is_config(self, config_path: str) -> bool:
        """Return whether the path names a file of a plugin's, one that may not be used too."""
        return bool(conf_files(config_path) or conf_files(config_path, hidden=True))

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """Return groups, or the options of one."""
        path = config_path.strip("/")
        if path == "":
            return [] if results_filter == ObjectType.CONFIG else sorted(groups_of_plugins())
        return [] if results_filter == ObjectType.GROUP else list(shown(conf_options(path)))

    def load_config(self, config_path: str) -> ConfigResult:
        """Read one file.

        Raises:
            ConfigError: Several plugins have it, it may not be used, or it is no config.
            Refused: It sets up Hydra itself.
        """
        group, _, name = config_path.strip("/").removesuffix(".yaml").partition("/")
        found = conf_files(config_path)
        if len(found) > 1:
            offers = [f"{component.distribution}:{name}" for component, _, _ in found]
            why = "is offered by several packages; say which"
            raise ConfigError(why, key=group, value=name, valid=offers)
        for component, _, _ in [] if found else conf_files(config_path, hidden=True):
            raise ConfigError(refusal(component) or "", key=group, value=name)
        ((_, folder, inner),) = found
        return ConfSource(self.provider, f"{ConfSource.scheme()}://{folder}").load_config(inner)
