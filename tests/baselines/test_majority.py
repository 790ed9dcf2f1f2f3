import numpy as np
import pytest
import torch

from rnnlab.baselines.majority import Majority
from rnnlab.data.batch import UNCOUNTED, Batch
from rnnlab.data.spec import DataSpec, Field
from rnnlab.data.split import TensorSplit

REALS = Field("reals", 2, sequence=True)


def test_one_answer_for_each_input(given) -> None:
    target = torch.tensor([0, 2, 2, 2, 1])
    majority = Majority()
    majority.fit(
        given(
            DataSpec(REALS, Field("tokens", 4, sequence=False)),
            TensorSplit(torch.zeros(5, 3, 2), target),
        )
    )

    values = majority.output(Batch(torch.zeros(2, 3, 2), target[:2])).values

    assert values is not None
    expected = np.log(np.array([2, 2, 4, 1]) / 9)
    assert values.numpy() == pytest.approx(np.stack([expected, expected]), rel=1e-6)


def test_one_answer_for_each_step_and_padding_is_not_counted(given) -> None:
    target = torch.tensor([[0, 1, 1], [0, 1, 1]])
    majority = Majority()
    majority.fit(
        given(
            DataSpec(REALS, Field("tokens", 2, sequence=True), aligned=True),
            TensorSplit(torch.zeros(2, 3, 2), target, torch.tensor([1, 1])),
        )
    )

    values = majority.output(Batch(torch.zeros(7, 4, 2), None)).values

    assert values is not None
    assert values.shape == (7, 4, 2)
    assert values[3, 2].exp().tolist() == pytest.approx([3 / 4, 1 / 4])


def test_steps_that_are_not_counted_are_no_class(given) -> None:
    target = torch.tensor([[UNCOUNTED, 1, 1], [UNCOUNTED, UNCOUNTED, 0]])
    majority = Majority()
    majority.fit(
        given(
            DataSpec(REALS, Field("tokens", 2, sequence=True), aligned=True),
            TensorSplit(torch.zeros(2, 3, 2), target),
        )
    )

    values = majority.output(Batch(torch.zeros(1, 3, 2), None)).values

    assert values is not None
    assert values[0, 0].exp().tolist() == pytest.approx([2 / 5, 3 / 5])
