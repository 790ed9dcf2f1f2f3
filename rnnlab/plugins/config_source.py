"""How Hydra reaches installed components: a config source with one option for each."""

from __future__ import annotations

from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigResult, ConfigSource
from omegaconf.errors import OmegaConfBaseException

from rnnlab.errors import ConfigError
from rnnlab.plugins import discovery
from rnnlab.plugins.nodes import node


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
        return group in discovery.GROUPS and name in discovery.names(group)

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        """Return groups or component names under a path, from metadata alone."""
        path = config_path.strip("/")
        if path == "":
            return [] if results_filter == ObjectType.CONFIG else sorted(discovery.GROUPS)
        return [] if results_filter == ObjectType.GROUP else discovery.names(path)

    def load_config(self, config_path: str) -> ConfigResult:
        """Import the one component that was chosen and return its node.

        Raises:
            ConfigError: It cannot be imported, or its signature is of no use.
        """
        group, name = _parts(config_path)
        # Several callbacks can be chosen at once, so each has a place of its own.
        package = f"callbacks.{name}" if group == "callbacks" else None
        cls = discovery.load(group, name)
        try:
            config = node(cls, group)
        except (OmegaConfBaseException, TypeError, ValueError) as error:
            why = f"the signature of {cls.__qualname__} gives no config: {error}".splitlines()[0]
            raise ConfigError(why, key=group, value=name) from error
        return ConfigResult(
            provider=self.provider,
            path=self.full_path(),
            config=config,
            header={"package": package},
        )


def _parts(config_path: str) -> tuple[str, str]:
    group, _, name = config_path.strip("/").removesuffix(".yaml").partition("/")
    return group, name
