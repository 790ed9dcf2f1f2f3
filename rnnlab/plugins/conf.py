"""The folders of YAML configs."""

from __future__ import annotations

from pathlib import Path


def packaged_conf() -> Path:
    """Return the folder of configs that comes with rnnlab.

    In a checkout it stands beside the package; in an installed wheel it is inside.
    """
    package = Path(__file__).resolve().parents[1]
    inside = package / "conf"
    return inside if inside.is_dir() else package.parent / "conf"


def conf_folders() -> list[Path]:
    """Return the folders of YAML configs, the one that is searched first in front."""
    own, packaged = Path.cwd() / "conf", packaged_conf()
    return [own, packaged] if own.is_dir() and own.resolve() != packaged else [packaged]
