"""How Hydra reaches installed components: a config source with one option for each."""

from __future__ import annotations

import re

from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigResult, ConfigSource

from rnnlab.errors import ConfigError
from rnnlab.plugins import discovery
from rnnlab.plugins.examine import examine_and_remember
from rnnlab.plugins.importing import Faulty


class ComponentSource(ConfigSource):
    """Config groups whose options are the installed components: ``rnnlab://plugins``."""

    @staticmethod
    def scheme() -> str:
        """Return what its addresses begin with."""
        return "rnnlab"

    def available(self) -> bool:
        """Return True: there is always metadata to look at."""
        return True

    def is_group(self, config_path: str) -> bool:
        """Return whether the path is a group of components, or the root of them."""
        return config_path.strip("/") in ("", *discovery.GROUPS)

    def is_config(self, config_path: str) -> bool:
        """Return whether the path names an installed component, without importing it."""
        group, name = _parts(config_path)
        # One that may not be used is there, too, so that whoever chooses it is told why not.
        return group in discovery.GROUPS and discovery.exists(group, name)

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """Return groups or component names under a path, from metadata alone."""
        path = config_path.strip("/")
        if path == "":
            return [] if results_filter == ObjectType.CONFIG else sorted(discovery.GROUPS)
        return [] if results_filter == ObjectType.GROUP else discovery.names(path)

    def load_config(self, config_path: str) -> ConfigResult:
        """Import the one component that was chosen and return its node.

        Raises:
            ConfigError: It may not be used, cannot be imported, or its signature is of no use.
        """
        group, name = _parts(config_path)
        # Several callbacks can be chosen at once, so each has a place of its own.
        place = re.sub(r"\W", "_", name)
        component = discovery.find(group, name)
        try:
            config = examine_and_remember(component).config
        except Faulty as error:
            why = f"{component.distribution} {component.version} {error}"
            raise ConfigError(why, key=group, value=name) from error
        return ConfigResult(
            provider=self.provider,
            path=self.full_path(),
            config=config,
            header={"package": f"callbacks.{place}" if group == "callbacks" else None},
        )


def _parts(config_path: str) -> tuple[str, str]:
    group, _, name = config_path.strip("/").removesuffix(".yaml").partition("/")
    return group, name
