from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rnnlab.models.decoding import Step
from rnnlab.models.decoding.roll_out import roll_out

Maker = Callable[..., tuple[Step, Tensor]]


def test_each_choice_is_read_at_the_next_step_and_its_probability_counts(
    random_model: Maker,
) -> None:
    step, first = random_model(4, 2)
    planned = torch.tensor([[3, 0], [2, 2], [0, 3]])
    choices = iter(planned)
    decoded = roll_out(step, first, torch.tensor([4, 4]), None, 3, lambda _: next(choices))
    assert torch.equal(decoded.tokens, planned.T)
    assert decoded.lengths.tolist() == [3, 3]
    state, earlier, total = first, torch.tensor([4, 4]), torch.zeros(2, dtype=torch.float64)
    for tokens in planned:
        scores, state = step(earlier, state)
        total += scores[torch.arange(2), tokens]
        earlier = tokens
    torch.testing.assert_close(decoded.log_probabilities, total)


def test_a_row_that_has_ended_stays_ended_while_others_go_on(random_model: Maker) -> None:
    step, first = random_model(4, 2)
    choices = iter(torch.tensor([[1, 3], [2, 2], [3, 1]]))
    decoded = roll_out(step, first, torch.tensor([4, 4]), 1, 9, lambda _: next(choices))
    assert decoded.tokens.tolist() == [[1, 1, 1], [3, 2, 1]]
    assert decoded.lengths.tolist() == [1, 3]
    scores, _ = step(torch.tensor([4, 4]), first)
    assert float(decoded.log_probabilities[0]) == pytest.approx(float(scores[0, 1]))
