from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnlab.data.batch import UNCOUNTED
from rnnlab.tasks.losses import target_loss


def log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = logits - logits.max(-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(-1, keepdims=True))


def test_classes_against_numpy() -> None:
    logits = torch.randn(4, 3, dtype=torch.float64)
    target = torch.tensor([0, 2, 1, 1])
    loss = target_loss(logits, target)
    expected = -log_softmax(logits.numpy())[np.arange(4), target.numpy()].sum()
    assert float(loss.total) == pytest.approx(expected)
    assert int(loss.count) == 4


def test_classes_of_valid_steps_against_numpy() -> None:
    logits = torch.randn(2, 3, 5, dtype=torch.float64)
    target = torch.tensor([[0, 4, 1], [2, -7, 99]])
    loss = target_loss(logits, target, torch.tensor([3, 1]))
    log_probabilities = log_softmax(logits.numpy())
    picked = [(0, 0, 0), (0, 1, 4), (0, 2, 1), (1, 0, 2)]
    assert float(loss.total) == pytest.approx(-sum(log_probabilities[i] for i in picked))
    assert int(loss.count) == 4


def test_reals_against_numpy() -> None:
    values, target = torch.randn(3, 2), torch.randn(3, 2)
    loss = target_loss(values, target)
    assert float(loss.total) == pytest.approx(((values - target).numpy() ** 2).sum(), rel=1e-5)
    assert int(loss.count) == 6
    assert float(loss.mean) == pytest.approx(((values - target).numpy() ** 2).mean(), rel=1e-5)


def test_reals_of_valid_steps_ignore_nan_in_the_padding() -> None:
    values = torch.randn(2, 3, 2, requires_grad=True)
    target = torch.randn(2, 3, 2)
    target[1, 1:] = torch.nan
    loss = target_loss(values, target, torch.tensor([3, 1]))
    error = (values.detach() - target).numpy()
    assert float(loss.total.detach()) == pytest.approx(
        (error[0] ** 2).sum() + (error[1, 0] ** 2).sum(), rel=1e-5
    )
    assert int(loss.count) == 8
    loss.total.backward()
    assert values.grad is not None
    assert torch.equal(values.grad[1, 1:], torch.zeros(2, 2))
    assert torch.isfinite(values.grad).all()


def test_no_valid_step_gives_a_zero_loss_with_a_gradient() -> None:
    for target in (torch.zeros(2, 3, dtype=torch.long), torch.zeros(2, 3, 4)):
        values = torch.randn(2, 3, 4, requires_grad=True)
        loss = target_loss(values, target, torch.tensor([0, 0]))
        loss.mean.backward()
        assert float(loss.mean.detach()) == 0
        assert int(loss.count) == 0
        assert values.grad is not None
        assert torch.equal(values.grad, torch.zeros(2, 3, 4))


def test_lengths_of_the_input_do_not_touch_single_targets() -> None:
    values, target = torch.randn(3, 2), torch.tensor([0, 1, 1])
    lengths = torch.tensor([1, 5, 2])
    assert torch.equal(
        target_loss(values, target, lengths).total, target_loss(values, target).total
    )


def test_steps_that_are_not_counted_have_neither_loss_nor_gradient() -> None:
    values = torch.randn(2, 3, 5, dtype=torch.float64, requires_grad=True)
    target = torch.tensor([[UNCOUNTED, 4, UNCOUNTED], [2, UNCOUNTED, 99]])
    loss = target_loss(values, target, torch.tensor([3, 2]))
    log_probabilities = log_softmax(values.detach().numpy())
    expected = -log_probabilities[0, 1, 4] - log_probabilities[1, 0, 2]
    assert float(loss.total.detach()) == pytest.approx(expected)
    assert int(loss.count) == 2
    loss.mean.backward()
    assert values.grad is not None
    touched = values.grad.abs().sum(2) > 0
    assert touched.tolist() == [[False, True, False], [True, False, False]]


def test_a_batch_in_which_nothing_counts_has_a_zero_loss_with_a_gradient() -> None:
    values = torch.randn(2, 3, 4, requires_grad=True)
    loss = target_loss(values, torch.full((2, 3), UNCOUNTED))
    loss.mean.backward()
    assert float(loss.mean.detach()) == int(loss.count) == 0
    assert values.grad is not None
    assert torch.equal(values.grad, torch.zeros(2, 3, 4))
