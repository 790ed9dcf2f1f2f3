import math

import pytest
import torch
from torch.nn import functional as F

from rnnlab.baselines.blank_then_uniform import BlankThenUniform
from rnnlab.data.datasets.copy_memory import CopyMemory
from rnnlab.data.datasets.parity import Parity
from rnnlab.data.split import TensorSplit
from rnnlab.errors import ConfigError


@pytest.mark.parametrize(("delay", "copied", "symbols"), [(100, 10, 8), (1, 10, 8), (7, 2, 3)])
def test_the_loss_is_the_closed_form(delay: int, copied: int, symbols: int) -> None:
    dataset = CopyMemory(delay, copied, symbols, train_size=1100, val_size=1, test_size=3)
    baseline = BlankThenUniform()
    baseline.fit(dataset)
    split = dataset.split("test")
    assert isinstance(split, TensorSplit)
    batch = split.batch(torch.arange(3))

    values = baseline.output(batch).values

    assert values is not None
    assert values.isfinite().all()
    loss = F.cross_entropy(values.flatten(0, 1).double(), split.target.flatten())
    closed_form = copied * math.log(symbols) / (delay + 2 * copied)
    assert loss.item() == pytest.approx(closed_form, rel=1e-6)
    assert torch.equal(values.argmax(-1)[:, :-copied], split.target[:, :-copied])


def test_classes_without_a_blank_are_refused() -> None:
    with pytest.raises(ConfigError, match="baseline=blank_then_uniform: needs a class <blank>"):
        BlankThenUniform().fit(Parity(5, train_size=3, val_size=1, test_size=1))
