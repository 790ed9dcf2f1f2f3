"""Contender: Lightning with its defaults: ``self.log``, its own logger, bar and checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytorch_lightning as pl
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from rnnlab.bench.size import Size
from rnnlab.bench.step.by_hand import Network
from rnnlab.bench.step.data import examples


class _Module(pl.LightningModule):
    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def training_step(self, batch: list[Tensor], batch_index: int) -> Tensor:
        inputs, targets = batch
        loss = nn.functional.mse_loss(self.network(inputs), targets)
        self.log("train/loss", loss, prog_bar=True)
        return loss

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=1e-3)


class _Marked(DataLoader[tuple[Tensor, ...]]):
    mark: Callable[[], None]

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:  # type: ignore[override]
        for batch in super().__iter__():
            self.mark()
            yield batch


def train(size: Size, mark: Callable[[], None], folder: Path) -> None:
    """Train with a Trainer as it is; ``mark`` is called before each step."""
    x, y = examples(size)
    loader = _Marked(TensorDataset(x, y), batch_size=size.B, shuffle=True)
    loader.mark = mark
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=1000,
        gradient_clip_val=1.0,
        default_root_dir=folder,
    )
    trainer.fit(_Module(Network(x.shape[2], size.H)), loader)
