import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression as Reference

from rnnlab.baselines import logistic_regression_per_step
from rnnlab.baselines.logistic_regression_per_step import LogisticRegressionPerStep
from rnnlab.data.batch import UNCOUNTED, Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.errors import ConfigError

FRAMES = Field("image", 4, sequence=True, shape=(1, 2, 2))
CLASSES = Field("tokens", 3, sequence=True)


def video() -> TensorSplit:
    generator = torch.Generator().manual_seed(0)
    frames = torch.randn(30, 4, 1, 2, 2, generator=generator)
    labels = frames.flatten(2)[..., :3].argmax(-1)
    lengths = torch.randint(1, 5, (30,), generator=generator)
    lengths[0] = 4
    return TensorSplit(frames, labels, lengths)


def reference(split: TensorSplit, steps: int | None = None) -> np.ndarray:
    assert split.lengths is not None
    rows, labels = [], []
    for row, length in enumerate(split.lengths.tolist()):
        counted = [t for t in range(length) if split.target[row, t] != UNCOUNTED]
        rows += [split.input[row, t].flatten().double().numpy() for t in counted]
        labels += split.target[row, counted].tolist()
    features = np.array(rows)[:steps]
    mean, std = features.mean(0), features.std(0)
    model = Reference(max_iter=2000).fit((features - mean) / std, labels[:steps])
    everything = split.input.reshape(120, 4).double().numpy()
    return model.predict_log_proba((everything - mean) / std).reshape(30, 4, 3)


@pytest.mark.parametrize("uncounted", [False, True])
def test_valid_steps_are_classified_one_by_one(given, uncounted: bool) -> None:
    split = video()
    if uncounted:
        split.target[::2, 0] = UNCOUNTED
    baseline = LogisticRegressionPerStep()
    baseline.fit(given(DataSpec(FRAMES, CLASSES, aligned=True), split))

    values = baseline.output(Batch(split.input)).values

    assert values is not None
    assert values.numpy() == pytest.approx(reference(split), abs=5e-3)


def test_no_more_steps_than_the_limit_are_fitted_to(given, monkeypatch) -> None:
    split = video()
    monkeypatch.setattr(logistic_regression_per_step, "MAX_STEPS", 40)
    baseline = LogisticRegressionPerStep()
    baseline.fit(given(DataSpec(FRAMES, CLASSES, aligned=True), split))

    values = baseline.output(Batch(split.input)).values

    assert values is not None
    assert values.numpy() == pytest.approx(reference(split, 40), abs=5e-3)


@pytest.mark.parametrize(
    "spec",
    [
        DataSpec(Field("tokens", 3, sequence=True), CLASSES, aligned=True),
        DataSpec(FRAMES, CLASSES),
        DataSpec(FRAMES, Field("reals", 3, sequence=True), aligned=True),
    ],
)
def test_other_data_is_refused(given, spec: DataSpec) -> None:
    with pytest.raises(ConfigError, match="needs reals and a class at each step"):
        LogisticRegressionPerStep().fit(given(spec, video()))
