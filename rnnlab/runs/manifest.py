"""The manifest: with what code, packages, data and machine a run was made."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

import torch

import rnnlab
from rnnlab.runs.plugin_history import Plugins, changes, history, plain

_PACKAGES = ("rnnlab", "torch", "pytorch-lightning", "torchmetrics", "mlflow", "hydra-core",
             "omegaconf", "numpy", "scikit-learn", "scipy")  # fmt: skip


def make_manifest(
    *,
    seed: int,
    data_sha256: str,
    fingerprint: str,
    setting: str,
    plugins: Plugins,
    engines: Mapping[str, str],
    device: str,
    configs: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the manifest as plain values."""
    return {
        "fingerprint": fingerprint,
        "setting": setting,
        "seed": seed,
        "data_sha256": data_sha256,
        "code_sha256": code_sha256(),
        "git": git_state(Path.cwd()),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": package_versions(plugins),
        "plugins": plain(plugins),
        "plugins_since": [],
        "configs_from_plugins": dict(configs or {}),
        "engines": dict(engines),
        "device": device,
        # cuda:0 is the first of these.
        "visible_devices": os.environ.get("CUDA_VISIBLE_DEVICES"),
        "threads": torch.get_num_threads(),
    }


def code_sha256() -> str:
    """Return the hash of rnnlab's own source, which says more than a commit of what ran."""
    root = Path(rnnlab.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def drift(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return what differs between two manifests of one config, a line for each thing.

    Args:
        first: The manifest of the earlier run, in today's form.
        second: That of the later one.
    """
    before, now = first.get("packages", {}), second.get("packages", {})
    found = [
        f"package {name}: {before.get(name, 'none')} then, {now.get(name, 'none')} now"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
    latest = history(second)[-1]
    found += dict.fromkeys(line for state in history(first) for line in changes(state, latest))
    names = {"data_sha256": "data hash", "code_sha256": "rnnlab's code", "device": "device kind"}
    for key, name in {**names, "python": "python", "threads": "CPU threads"}.items():
        if first.get(key) != second.get(key):
            found.append(f"{name}: {_short(first.get(key))} then, {_short(second.get(key))} now")
    return found


def _short(value: object) -> str:
    return "unknown" if value is None else str(value)[:12]


def package_versions(plugins: Iterable[str] = ()) -> dict[str, str]:
    """Return the version of each package that computes or records something.

    Args:
        plugins: Distributions that may compute by packages of their own: what they require.
    """
    versions = {}
    for package in (*_PACKAGES, *(name for plugin in plugins for name in _required(plugin))):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def _required(distribution: str) -> list[str]:
    try:
        lines = requires(distribution) or []
    except PackageNotFoundError:
        return []
    names = [re.match(r"[\w.-]+", line) for line in lines if "extra ==" not in line]
    return [name[0] for name in names if name]


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
