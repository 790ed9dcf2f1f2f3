"""The manifest: with what code, packages, data and machine a run was made."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

_PACKAGES = ("rnnlab", "torch", "pytorch-lightning", "torchmetrics", "mlflow", "hydra-core",
             "omegaconf", "numpy", "scikit-learn", "scipy")  # fmt: skip


def make_manifest(
    *,
    seed: int,
    data_sha256: str,
    fingerprint: str,
    setting: str,
    plugins: Mapping[str, str],
    engines: Mapping[str, str],
    device: str,
) -> dict[str, Any]:
    """Return the manifest as plain values."""
    return {
        "fingerprint": fingerprint,
        "setting": setting,
        "seed": seed,
        "data_sha256": data_sha256,
        "git": git_state(Path.cwd()),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": package_versions(),
        "plugins": dict(plugins),
        "engines": dict(engines),
        "device": device,
    }


def package_versions() -> dict[str, str]:
    """Return the version of each package that computes or records something."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def git_state(folder: Path) -> dict[str, Any]:
    """Return ``commit`` and ``dirty`` of the work tree around ``folder``; {} when there is none."""
    commit = _git(folder, "rev-parse", "HEAD")
    if commit is None:
        return {}
    return {"commit": commit, "dirty": bool(_git(folder, "status", "--porcelain"))}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
