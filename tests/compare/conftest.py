"""Run folders as training leaves them, without training."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from rnnlab.runs.folder import RunFolder, Status
from rnnlab.runs.json_files import write_json
from rnnlab.tracking.points import Point, encode

Make = Callable[..., RunFolder]


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Return dotted keys as mappings in mappings."""
    whole: dict[str, Any] = {}
    for key, value in flat.items():
        *above, last = key.split(".")
        node = whole
        for part in above:
            node = node.setdefault(part, {})
        node[last] = value
    return whole


def config(seed: int, keys: Mapping[str, Any]) -> dict[str, Any]:
    """Return a config; ``cell`` among the keys chooses the component, ``cell.x`` an argument."""
    choices = {"dataset": "demo", "task": "many_to_one", "cell": "gru"}
    flat = {
        "dataset._target_": "rnnlab.data.datasets.demo.Demo",
        "task._target_": "rnnlab.tasks.many_to_one.ManyToOne",
        "trainer.max_epochs": 3,
        "trainer.num_workers": seed,  # no part of a setting
        "tracking.enabled": seed % 2 == 0,
        "experiment_name": "demo",
        "output_dir": f"outputs-{seed}",
    }
    for key, value in keys.items():
        if key in choices:
            choices[key] = value
        else:
            flat[key] = value
    flat["cell._target_"] = f"rnnlab.cells.{choices['cell']}.Cell"
    return {**nested(flat), "seed": seed, "choices": choices}


def make(
    path: Path,
    seed: int = 0,
    value: float | None = 0.5,
    *,
    metric: str = "accuracy",
    mode: str | None = "max",
    status: Status = Status.FINISHED,
    baselines: Mapping[str, float] | None = None,
    curve: Mapping[int, float] | None = None,
    data: str = "d0",
    setting: str | None = None,
    more: Mapping[str, float] | None = None,
    **keys: Any,
) -> RunFolder:
    """Write a run folder; keyword arguments are config keys, dots written as two underscores."""
    named = {key.replace("__", "."): item for key, item in keys.items()}
    path.mkdir(parents=True)
    folder = RunFolder(path)
    content = config(seed, named)
    folder.config.write_text(yaml.safe_dump(content, allow_unicode=True))
    shared = repr(sorted((key, repr(item)) for key, item in named.items()))
    write_json(
        folder.manifest,
        {"setting": setting or f"{hash(shared + data) % 16**16:016x}", "seed": seed,
         "data_sha256": data},
    )  # fmt: skip
    if status == Status.FINISHED:
        test = {"loss": 1.0, **(more or {})} | ({} if value is None else {metric: value})
        result = {
            "scores": {"train": test, "val": test, "test": test},
            "baselines": {
                name: {metric: score} for name, score in (baselines or {"majority": 0.1}).items()
            },
            "monitor": f"val/{metric}",
            "parameters": 1234,
            "train_seconds": 10.5,
        }
        if mode is not None:
            result["monitor_mode"] = mode
        write_json(folder.result, result)
    steps = curve if curve is not None else {step: 1 / step for step in (1, 2, 3)}
    points = [Point(f"val/{metric}", height, step, 0, 1) for step, height in steps.items()]
    points += [Point("train/loss", math.nan, step, 0, 1) for step in steps]
    folder.metrics.write_bytes(b"".join(map(encode, points)))
    folder.write_status(Status.CREATED)
    folder.write_status(status)
    return folder


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    """Return the folder of all runs."""
    return tmp_path / "outputs"


@pytest.fixture
def run(outputs: Path) -> Make:
    """Return what writes a run folder with a name of its own."""
    count = iter(range(10_000))

    def written(seed: int = 0, value: float | None = 0.5, **more: Any) -> RunFolder:
        return make(outputs / "demo" / f"run-{next(count):04}", seed, value, **more)

    return written
