from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnlab.data.batch import Batch
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec, Field
from rnnlab.models.output import Output
from rnnlab.tasks.real_scores import RealScores

REALS = Field("reals", 2, sequence=True)
SCALER = Scaler((10.0, -5.0), (2.0, 30.0))
STD = np.array([2.0, 30.0])


def test_against_numpy_in_the_units_of_the_data() -> None:
    spec = DataSpec(REALS, Field("reals", 2, sequence=False, scaler=SCALER))
    values, target = torch.randn(9, 2), torch.randn(9, 2)
    scores = RealScores(spec)
    for part in (slice(0, 2), slice(2, 9)):
        scores.update(Output(values[part]), Batch(torch.zeros(9, 3, 2)[part], target[part]))
    error = (values - target).numpy()
    expected = {
        "loss": (error**2).mean(),
        "mae": np.abs(error * STD).mean(),
        "rmse": np.sqrt(((error * STD) ** 2).mean()),
    }
    assert scores.compute() == pytest.approx(expected, rel=1e-5)


def test_aligned_steps_count_up_to_their_lengths() -> None:
    spec = DataSpec(REALS, Field("reals", 1, sequence=True), aligned=True)
    values, target = torch.randn(2, 3, 1), torch.randn(2, 3, 1)
    target[1, 1:] = torch.nan
    scores = RealScores(spec)
    scores.update(Output(values), Batch(torch.zeros(2, 3, 2), target, torch.tensor([3, 1])))
    error = (values - target).numpy()
    valid = np.concatenate([error[0], error[1, :1]])
    expected = {
        "loss": (valid**2).mean(),
        "mae": np.abs(valid).mean(),
        "rmse": np.sqrt((valid**2).mean()),
    }
    assert scores.compute() == pytest.approx(expected, rel=1e-5)


def test_free_running_errors_are_of_the_sequence() -> None:
    spec = DataSpec(REALS, Field("reals", 1, sequence=True))
    values, sequence, target = torch.randn(3, 2, 4, 1)
    scores = RealScores(spec, free_running=True)
    lengths = torch.tensor([4, 2])
    batch = Batch(torch.zeros(2, 3, 2), target, target_lengths=lengths)
    scores.update(Output(values, sequence=sequence), batch)
    loss = (values - target).numpy()
    free = (sequence - target).numpy()
    computed = scores.compute()
    assert computed["loss"] == pytest.approx(
        (np.concatenate([loss[0], loss[1, :2]]) ** 2).mean(), rel=1e-5
    )
    assert computed["mae"] == pytest.approx(
        np.abs(np.concatenate([free[0], free[1, :2]])).mean(), rel=1e-5
    )


def test_only_what_was_given_is_scored() -> None:
    spec = DataSpec(REALS, Field("reals", 1, sequence=True))
    batch = Batch(torch.zeros(2, 3, 2), torch.zeros(2, 4, 1))
    scores = RealScores(spec, free_running=True)
    assert scores.compute() == {}
    scores.update(Output(torch.ones(2, 4, 1)), batch)
    assert scores.compute() == {"loss": 1}
    scores.reset()
    scores.update(Output(None, sequence=torch.full((2, 4, 1), 2.0)), batch)
    assert scores.compute() == {"mae": 2, "rmse": 2}
