from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from rnnlab.errors import ConfigError
from rnnlab.models.output import Output
from rnnlab_polyphony.bernoulli import Probabilities, bernoulli_loss, logits_of, step_losses


def some(seed: int, shape: tuple[int, ...] = (3, 5, 7)) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(shape, generator=generator, dtype=torch.float64)
    target = torch.randint(0, 2, shape, generator=generator).double()
    lengths = torch.randint(0, shape[1] + 1, shape[:1], generator=generator)
    return logits, target, lengths


def by_hand(logits: Tensor, target: Tensor, lengths: list[int]) -> tuple[float, int]:
    total = 0.0
    for row, length in enumerate(lengths):
        for step in range(length):
            for z, y in zip(logits[row, step].tolist(), target[row, step].tolist(), strict=True):
                chance = 1 / (1 + math.exp(-z))
                total -= math.log(chance if y == 1 else 1 - chance)
    return total, sum(lengths)


@given(st.integers(0, 10_000))
def test_the_loss_is_the_sum_written_out_over_valid_steps(seed: int) -> None:
    logits, target, lengths = some(seed)

    loss = bernoulli_loss(logits, target, lengths)

    total, count = by_hand(logits, target, lengths.tolist())
    assert float(loss.total) == pytest.approx(total, rel=1e-12)
    assert int(loss.count) == count


def test_without_padding_it_is_torchs_own_loss_summed_over_labels_averaged_over_steps() -> None:
    logits, target, _ = some(0)

    loss = bernoulli_loss(logits, target)

    own = torch.nn.BCEWithLogitsLoss(reduction="sum")(logits, target) / (3 * 5)
    torch.testing.assert_close(loss.mean, own)


def test_what_is_in_the_padding_changes_neither_loss_nor_gradient() -> None:
    logits, target, _ = some(1)
    lengths = torch.tensor([5, 2, 0])
    spoilt_logits, spoilt_target = logits.clone(), target.clone()
    for row, length in enumerate(lengths.tolist()):
        spoilt_logits[row, length:] = torch.nan
        spoilt_target[row, length:] = torch.nan
    logits.requires_grad_()
    spoilt_logits.requires_grad_()

    clean = bernoulli_loss(logits, target, lengths)
    spoilt = bernoulli_loss(spoilt_logits, spoilt_target, lengths)
    clean.mean.backward()
    spoilt.mean.backward()

    assert torch.equal(clean.total, spoilt.total)
    assert torch.equal(logits.grad, spoilt_logits.grad)


def test_the_gradient_is_probability_minus_label() -> None:
    logits, target, _ = some(2)
    logits.requires_grad_()

    bernoulli_loss(logits, target).total.backward()

    torch.testing.assert_close(logits.grad, logits.detach().sigmoid() - target)


def test_losses_of_steps_are_taken_in_single_precision_at_least() -> None:
    logits, target, lengths = some(3)

    halves = step_losses(logits.bfloat16(), target.bfloat16(), lengths)

    assert halves.dtype == torch.float32
    exact = step_losses(logits.bfloat16().double(), target, lengths)
    torch.testing.assert_close(halves.double(), exact)


@pytest.mark.parametrize("value", [0.5, -1.0, 2.0, math.nan])
def test_a_target_other_than_zero_and_one_is_one_line(value: float) -> None:
    logits, target, _ = some(4)
    target[1, 2, 3] = value

    with pytest.raises(ConfigError, match=f"^task=multilabel: .* and one is {value:g}$"):
        bernoulli_loss(logits, target)


def test_probabilities_of_a_baseline_mean_the_same_as_logits_of_a_model() -> None:
    logits, _, _ = some(5)

    back = logits_of(Probabilities(logits.sigmoid()))

    torch.testing.assert_close(back, logits)
    assert logits_of(Output(logits)) is logits


def test_an_output_without_values_has_no_loss() -> None:
    with pytest.raises(ValueError, match="needs values"):
        logits_of(Output(None))
