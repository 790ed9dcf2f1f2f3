from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from rnnlab.models.decoding import Step

RandomModel = tuple[Step, Tensor]


@pytest.fixture
def random_model() -> Callable[..., RandomModel]:
    """Makes a random recurrent model of V tokens as ``(step, state)``, state ``(B, H)``."""

    def make(V: int, B: int, seed: int = 0, scale: float = 2.0) -> RandomModel:
        generator = torch.Generator().manual_seed(seed)

        def draw(*shape: int) -> Tensor:
            return scale * torch.randn(*shape, generator=generator, dtype=torch.float64)

        table, recurrent, head = draw(V + 1, 4), draw(4, 4), draw(4, V)

        def step(tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
            state = (table[tokens] + state @ recurrent).tanh()
            return (state @ head).log_softmax(1), state

        return step, draw(B, 4)

    return make
