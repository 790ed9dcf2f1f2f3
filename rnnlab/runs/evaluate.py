"""``rnnlab evaluate``: the scores of a trained model, on its own data or on other data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from rnnlab.baselines.evaluate import evaluate_baselines
from rnnlab.config import build
from rnnlab.config.override import override
from rnnlab.config.validate import validate
from rnnlab.data.rescaled import Rescaled
from rnnlab.data.spec import DataSpec
from rnnlab.errors import ConfigError
from rnnlab.runs.assemble import Assembly
from rnnlab.runs.changed_plugins import warn_of_changed_plugins
from rnnlab.runs.finding import find
from rnnlab.runs.measure import scores
from rnnlab.runs.restore import read_config, restore


def evaluate(run: str, overrides: list[str], output_dir: Path) -> dict[str, Any]:
    """Return ``{"scores": {part: {name: value}}, "baselines": {name: {score: value}}}``.

    Reals of other data are scaled as those of the model's own data were, so that scores are in the
    units of the data.

    Args:
        run: A folder, an MLflow run id, an unambiguous prefix, or ``last``.
        overrides: Values of the dataset to change, such as ``dataset.split_seed=1``.
        output_dir: Where runs are looked for.

    Raises:
        ConfigError: An override is not one of the dataset's, or the other data does not fit the
            model.
    """
    folder = find(run, output_dir)
    for each in overrides:
        if not each.lstrip("+").startswith(("dataset.", "trainer.eval_batch_size")):
            raise ConfigError("evaluate changes values of the dataset only", key=each)
    warn_of_changed_plugins(folder)
    config = override(read_config(folder), overrides)
    validate(config)
    task, model = restore(folder)
    dataset = build.dataset(config)
    _check_fit(dataset.spec, model.spec, config.choices.dataset)
    data = Rescaled(dataset, model.spec)
    return {
        "scores": scores(Assembly(config, data, task, model), torch.device("cpu")),
        "baselines": evaluate_baselines(data, task),
    }


def _check_fit(data: DataSpec, trained: DataSpec, name: str) -> None:
    if _shape(data) != _shape(trained):
        why = f"the model was trained for {_describe(trained)}; this data is {_describe(data)}"
        raise ConfigError(why, key="dataset", value=name)
    for side in ("input", "target"):
        # An id would stand for another token or class than the one that was learned.
        if getattr(data, side).vocabulary != getattr(trained, side).vocabulary:
            why = f"the {side} has not the tokens or classes that the model was trained on"
            raise ConfigError(why, key="dataset", value=name)


def _shape(spec: DataSpec) -> tuple[Any, ...]:
    """What must agree for a model to make sense of data, but for the names of ids."""
    sides = [
        (side.kind, side.size, side.shape, side.sequence) for side in (spec.input, spec.target)
    ]
    return (*sides, spec.aligned, spec.stream, spec.next_step)


def _describe(spec: DataSpec) -> str:
    return f"{spec.input.describe()} -> {spec.target.describe()}"
