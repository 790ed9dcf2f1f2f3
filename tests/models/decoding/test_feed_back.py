from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.models.decoding import feed_back


def test_reads_its_own_values() -> None:
    def step(values: Tensor, state: int) -> tuple[Tensor, int]:
        return 2 * values + state, state + 1

    made = feed_back(step, 0, torch.tensor([[1.0], [3.0]]), 3)
    assert made.tolist() == [[[2], [5], [12]], [[6], [13], [28]]]
