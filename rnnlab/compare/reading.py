"""One run, as far as it can be compared."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from omegaconf import OmegaConf

from rnnlab.compare.flat import flatten
from rnnlab.errors import ConfigError, StorageError
from rnnlab.plugins.bounded import read_text
from rnnlab.plugins.reading import parse_yaml
from rnnlab.runs.fingerprint import counted
from rnnlab.runs.folder import SETTING, RunFolder, Status
from rnnlab.runs.json_files import read_json

# No part of what a run computes, but what somebody may have varied: in place of the path counts
# the data's content, in place of a run to start from its weights.
_ALSO = ("dataset.path", "init_from")
_FIGURES = ("parameters", "train_seconds")

# Nothing is measured beyond, and squares of it are still finite.
_LARGEST = 1e100

_NAME = "config.yaml"
_SEED = re.compile(r"^seed: (\d{1,19})$", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """What a run folder says.

    Args:
        folder: The folder.
        keys: The part of its config that replicates share, flat; the components by the names they
            were chosen by.
        seed: Its seed.
        setting: Fingerprint that replicates share; None where no manifest was written yet.
        data: Hash of its data; None where no manifest was written yet.
        status: How it ended, or ``not begun``.
        started: When, to order runs of one seed.
        result: What ``result.json`` holds; None where the run has not finished.
    """

    folder: RunFolder
    keys: Mapping[str, Any]
    seed: int
    setting: str | None
    data: str | None
    status: str
    started: str
    result: Mapping[str, Any] | None

    @property
    def metrics(self) -> dict[str, float]:
        """The final scores as ``test/accuracy``, and the figures of the run."""
        if self.result is None:
            return {}
        scores = {
            f"{part}/{name}": _number(value)
            for part, values in self.result["scores"].items()
            for name, value in values.items()
        }
        return scores | {name: _number(self.result[name]) for name in _FIGURES}

    def value(self, metric: str) -> float | None:
        """Return a metric, or None where it is missing or not finite."""
        value = self.metrics.get(metric)
        return value if value is not None and abs(value) < _LARGEST else None

    def baselines(self, metric: str) -> dict[str, float]:
        """Return the finite score of each baseline; {} of what baselines are not measured by."""
        part, _, name = metric.partition("/")
        if self.result is None or part != "test":
            return {}
        return {
            baseline: value
            for baseline, values in self.result["baselines"].items()
            if name in values and abs(value := _number(values[name])) < _LARGEST
        }


def _number(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # JSON has whole numbers of any length
        return math.inf if value > 0 else -math.inf


def read_run(folder: RunFolder) -> Run:
    """Return what a run folder says.

    Raises:
        ConfigError: Its config cannot be read.
        StorageError: Another file is damaged.
        Refused: One is a link that leads out of the folder.
    """
    keys, seed = _config(folder)
    said = folder.read_status()
    status = str(said.get("status", "not begun"))
    finished = status == Status.FINISHED
    if finished and not folder.result.exists():
        raise StorageError(f"{folder.path}: has finished, but there is no result.json")
    manifest = read_json(folder.manifest, SETTING) if folder.manifest.exists() else None
    if finished and manifest is None:
        raise StorageError(f"{folder.path}: has finished, but there is no manifest.json")
    return Run(
        folder,
        keys,
        seed if manifest is None else int(manifest["seed"]),
        None if manifest is None else str(manifest["setting"]),
        None if manifest is None else str(manifest.get("data_sha256")),
        status,
        min(said.get("times", {}).values(), default=""),
        folder.read_result() if finished else None,
    )


def _config(folder: RunFolder) -> tuple[Mapping[str, Any], int]:
    """Return the keys that replicates share, and the seed."""
    text = read_text(folder.config)
    lines = _SEED.findall(text)
    if len(lines) != 1:
        raise StorageError(f"{folder.config}: has no seed")
    try:
        # Replicates differ in this line, and YAML takes longer than all else.
        keys = _keys(_SEED.sub("", text))
    except ConfigError as error:
        raise ConfigError(f"{folder.path}/{error}") from error
    return keys, int(lines[0])


@lru_cache(maxsize=1000)
def _keys(text: str) -> Mapping[str, Any]:
    # References to the environment may be secrets: nothing is resolved.
    config: Any = OmegaConf.to_container(parse_yaml(text, _NAME), resolve=False)
    whole = flatten(config)
    for section in ("trainer", "dataset", "choices"):
        if not isinstance(config.get(section, {}), dict):
            raise ConfigError(f"{_NAME}: {section} is no mapping")
    keys = flatten(counted(config, with_seed=False))
    keys.update((key, whole[key]) for key in _ALSO if whole.get(key) is not None)
    # A class is known by the name that somebody chose it by.
    chosen = config.get("choices", {})
    components = [key.removesuffix("._target_") for key in keys if key.endswith("._target_")]
    return {group: chosen[group] for group in components if chosen.get(group)} | keys
