"""Contender: a training loop as a person writes it in PyTorch, and no more than that."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from rnnlab.bench.size import Size
from rnnlab.bench.step.data import examples


class Network(nn.Module):
    """``nn.LSTM`` with a linear layer on its last step.

    Args:
        inputs: F.
        hidden: H.
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(inputs, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Return one real for each row, ``(B, 1)``, of ``x`` ``(B, T, F)``."""
        output, _ = self.lstm(x)
        values: Tensor = self.head(output[:, -1])
        return values


def train(size: Size, mark: Callable[[], None]) -> None:
    """Train with a DataLoader, Adam and clipping; ``mark`` is called before each step."""
    x, y = examples(size)
    network = Network(x.shape[2], size.H)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    loader = DataLoader(TensorDataset(x, y), batch_size=size.B, shuffle=True)
    while True:
        for inputs, targets in loader:
            mark()
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(network(inputs), targets)
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
