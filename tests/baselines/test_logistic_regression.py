import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression as Reference

from rnnlab.baselines.logistic_regression import LogisticRegression
from rnnlab.data.batch import Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit
from rnnlab.errors import ConfigError

CLASS = Field("tokens", 2, sequence=False)
SEQUENCE = Field("reals", 2, sequence=True)


def data() -> TensorSplit:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(80, 5, 2, generator=generator)
    lengths = torch.randint(1, 5, (80,), generator=generator)
    lengths[0] = 5
    target = (inputs[:, 0, 1] + 0.5 * torch.randn(80, generator=generator) > 0).long()
    return TensorSplit(inputs, target, lengths)


def test_steps_side_by_side_with_zeros_after_the_end(given) -> None:
    split = data()
    baseline = LogisticRegression()
    baseline.fit(given(DataSpec(SEQUENCE, CLASS), split))
    flat = np.zeros((80, 10))
    assert split.lengths is not None
    for row, length in enumerate(split.lengths.tolist()):
        flat[row, : 2 * length] = split.input[row, :length].flatten()
    scaled = (flat - flat.mean(0)) / flat.std(0)
    expected = Reference(max_iter=2000).fit(scaled, split.target).predict_log_proba(scaled)

    values = baseline.output(split.batch(torch.arange(80))).values

    assert values is not None
    assert values.numpy() == pytest.approx(expected, abs=2e-3)


def test_garbage_in_the_padding_and_longer_inputs_change_nothing(given) -> None:
    split = data()
    baseline = LogisticRegression()
    baseline.fit(given(DataSpec(SEQUENCE, CLASS), split))
    longer = torch.full((80, 7, 2), torch.nan)
    assert split.lengths is not None
    for row, length in enumerate(split.lengths.tolist()):
        longer[row, :length] = split.input[row, :length]

    clean = baseline.output(split.batch(torch.arange(80))).values
    dirty = baseline.output(Batch(longer, None, split.lengths)).values
    short = baseline.output(split.batch(torch.tensor([3]))).values

    assert clean is not None
    assert dirty is not None
    assert short is not None
    assert torch.equal(clean, dirty)
    torch.testing.assert_close(short[0], clean[3])


def test_images_are_flattened(given) -> None:
    images = torch.zeros(20, 1, 2, 2)
    target = torch.arange(20) % 2
    images[:, 0, 1, 0] = target.float()
    baseline = LogisticRegression()
    spec = DataSpec(Field("image", 4, sequence=False, shape=(1, 2, 2)), CLASS)
    baseline.fit(given(spec, TensorSplit(images, target)))

    values = baseline.output(Batch(images)).values

    assert values is not None
    assert torch.equal(values.argmax(1), target)


@pytest.mark.parametrize(
    "spec",
    [
        DataSpec(Field("tokens", 3, sequence=True), CLASS),
        DataSpec(SEQUENCE, Field("reals", 1, sequence=False)),
        DataSpec(SEQUENCE, Field("tokens", 2, sequence=True), aligned=True),
    ],
)
def test_other_data_is_refused(given, spec: DataSpec) -> None:
    with pytest.raises(ConfigError, match="baseline=logistic_regression: needs reals and a class"):
        LogisticRegression().fit(given(spec, data()))
