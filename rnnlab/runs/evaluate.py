"""``rnnlab evaluate``: the scores of a trained model, on its own data or on other data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from rnnlab.baselines.evaluate import evaluate_baselines
from rnnlab.config.override import override
from rnnlab.config.validate import validate
from rnnlab.errors import ConfigError
from rnnlab.runs.assemble import Assembly, assemble
from rnnlab.runs.folder import find
from rnnlab.runs.measure import scores
from rnnlab.runs.restore import read_config, restore


def evaluate(run: str, overrides: list[str], output_dir: Path) -> dict[str, Any]:
    """Return ``{"scores": {part: {name: value}}, "baselines": {name: {score: value}}}``.

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
    config = override(read_config(folder), overrides)
    validate(config)
    task, model = restore(folder)
    fresh = assemble(config)
    if _sizes(fresh) != _sizes(Assembly(config, fresh.dataset, task, model)):
        raise ConfigError(
            "the model was trained for "
            f"{model.spec.input.describe()} -> {model.spec.target.describe()}; this data is "
            f"{fresh.spec.input.describe()} -> {fresh.spec.target.describe()}",
            key="dataset",
            value=config.choices.dataset,
        )
    assembly = Assembly(config, fresh.dataset, task, model)
    return {
        "scores": scores(assembly, torch.device("cpu")),
        "baselines": evaluate_baselines(fresh.dataset, task),
    }


def _sizes(assembly: Assembly) -> tuple[Any, ...]:
    """What must agree for a model to make sense of data: kinds, sizes and the names of ids."""
    return tuple(
        (field.kind, field.size, field.shape, field.vocabulary)
        for field in (assembly.spec.input, assembly.spec.target)
    )
