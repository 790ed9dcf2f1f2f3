from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rnnlab.models.decoding import Step, greedy

Maker = Callable[..., tuple[Step, Tensor]]


@pytest.mark.parametrize("end", [None, 1])
def test_takes_the_likeliest_token_each_time(end: int | None, random_model: Maker) -> None:
    step, states = random_model(3, 8)
    decoded = greedy(step, states, torch.full((8,), 3), end, 6)
    for b in range(8):
        state, token, made, total = states[b : b + 1], 3, [], 0.0
        while len(made) < 6 and (end is None or token != end):
            scores, state = step(torch.tensor([token]), state)
            token = int(scores.argmax())
            made.append(token)
            total += float(scores.max())
        assert decoded.tokens[b, : len(made)].tolist() == made
        assert int(decoded.lengths[b]) == len(made)
        assert float(decoded.log_probabilities[b]) == pytest.approx(total)
        assert end is None or bool((decoded.tokens[b, len(made) :] == end).all())


def test_stops_when_every_row_has_ended() -> None:
    calls = []

    def step(tokens: Tensor, state: None) -> tuple[Tensor, None]:
        calls.append(tokens)
        return torch.tensor([[0.9, 0.1]]).log().expand(len(tokens), 2), None

    decoded = greedy(step, None, torch.tensor([1, 1]), 0, 100)
    assert len(calls) == 1
    assert decoded.tokens.tolist() == [[0], [0]]
