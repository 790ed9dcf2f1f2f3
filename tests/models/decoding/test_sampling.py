from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from torch import Tensor

from rnnlab.models.decoding import Step, draw, greedy, sample

Maker = Callable[..., tuple[Step, Tensor]]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_draws_follow_the_distribution(temperature: float) -> None:
    probabilities = np.array([0.5, 0.3, 0.15, 0.05])
    N = 20_000
    drawn = draw(torch.tensor(probabilities).log().expand(N, 4), temperature, seeded())
    expected = probabilities ** (1 / temperature)
    expected = N * expected / expected.sum()
    assert chisquare(np.bincount(drawn, minlength=4), expected).pvalue > 0.01
    other = N * np.roll(expected, 1) / expected.sum()
    assert chisquare(np.bincount(drawn, minlength=4), other).pvalue < 1e-6


def test_sequences_follow_the_distribution(random_model: Maker) -> None:
    step, state = random_model(2, 1, scale=0.7)
    N = 8_000
    decoded = sample(step, state.expand(N, -1), torch.full((N,), 2), 0, 2, generator=seeded())
    names = [
        tuple(row[:n]) for row, n in zip(decoded.tokens.tolist(), decoded.lengths, strict=True)
    ]
    outcomes = [(0,), (1, 0), (1, 1)]
    first, after = step(torch.tensor([2]), state)
    second, _ = step(torch.tensor([1]), after)
    p, q = first.exp()[0].tolist(), second.exp()[0].tolist()
    expected = [N * p[0], N * p[1] * q[0], N * p[1] * q[1]]
    assert chisquare([names.count(item) for item in outcomes], expected).pvalue > 0.01
    assert float(decoded.log_probabilities[names.index((1, 0))]) == pytest.approx(
        float(first[0, 1] + second[0, 0])
    )


@pytest.mark.parametrize("temperature", [0.0, 1e-4])
def test_cold_sampling_is_greedy(temperature: float, random_model: Maker) -> None:
    step, states = random_model(6, 30)
    begin = torch.full((30,), 6)
    cold = sample(step, states, begin, 2, 8, temperature=temperature, generator=seeded())
    assert torch.equal(cold.tokens, greedy(step, states, begin, 2, 8).tokens)


def test_impossible_tokens_are_never_drawn() -> None:
    scores = torch.tensor([0.5, 0.0, 0.5]).log().expand(5_000, 3)
    assert set(draw(scores, 3.0, seeded()).tolist()) == {0, 2}


def test_generator_decides(random_model: Maker) -> None:
    step, states = random_model(6, 30)
    begin = torch.full((30,), 6)
    drawn = [
        sample(step, states, begin, None, 8, generator=seeded(seed)).tokens for seed in (0, 0, 1)
    ]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_temperature_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match=r"temperature=-1\.0: must be >= 0"):
        draw(torch.zeros(1, 2), -1.0)
