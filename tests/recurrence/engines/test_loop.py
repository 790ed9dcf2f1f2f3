from __future__ import annotations

from unittest.mock import patch

import torch
from torch import Tensor

from rnnlab.cells import LSTM
from rnnlab.recurrence import Recurrent, tree


class Counting(LSTM):
    """Counts what is called."""

    def __init__(self) -> None:
        super().__init__(3, 4)
        self.calls = {"project": 0, "step": 0, "readout": 0}

    def project(self, x: Tensor) -> Tensor:
        self.calls["project"] += 1
        return super().project(x)

    def step(self, z: Tensor, state: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        self.calls["step"] += 1
        return super().step(z, state)

    def readout(self, state: tuple[Tensor, Tensor], z: Tensor) -> Tensor:
        self.calls["readout"] += 1
        return super().readout(state, z)


def test_project_and_readout_are_called_once_for_all_steps() -> None:
    cell = Counting()
    layer = Recurrent(cell)
    layer(torch.randn(2, 6, 3), lengths=torch.tensor([6, 2]))
    assert layer.engines()["recurrent"].startswith("loop")
    assert cell.calls == {"project": 1, "step": 6, "readout": 1}


def test_no_state_is_selected_where_every_step_counts() -> None:
    layer = Recurrent(LSTM(3, 4), "loop")
    with patch.object(tree, "select", side_effect=AssertionError("selected")):
        layer(torch.randn(2, 6, 3))
