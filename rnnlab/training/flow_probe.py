"""A look inside the network every few epochs, while it is trained."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytorch_lightning as pl

from rnnlab.data.batch import Batch
from rnnlab.probing.flow import Whose, flow_points, measure_flow
from rnnlab.probing.look import Look, look_of
from rnnlab.training.module import TrainingModule


class FlowProbe(pl.Callback):
    """Measures the gradient through time before the first epoch and after every N-th.

    It changes nothing that is trained: weights end bit-equal with it and without.

    Args:
        batch: Which examples are looked at, the same ones each time.
        write: Takes what was seen.
        every: N, epochs between two looks.
        whose: Which steps' loss is differentiated; see
            :func:`rnnlab.probing.flow.measure_flow`.

    Attributes:
        seconds: How long all looks have taken, in all attempts together.
    """

    def __init__(
        self,
        batch: Callable[[], Batch],
        write: Callable[[Look], None],
        *,
        every: int,
        whose: Whose,
    ) -> None:
        self._make_batch, self._write = batch, write
        self.every, self.whose = every, whose
        self.seconds = 0.0
        self._batch: Batch | None = None

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Look at the network as it begins; one that is resumed has been looked at."""
        if trainer.global_step == 0 and trainer.current_epoch == 0:
            self._look(trainer, pl_module, 0)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Look at it as it is now, if this epoch is one of those."""
        trained = trainer.current_epoch + 1
        if trained % self.every == 0:
            self._look(trainer, pl_module, trained)

    def _look(self, trainer: pl.Trainer, module: pl.LightningModule, epoch: int) -> None:
        assert isinstance(module, TrainingModule)
        if not trainer.is_global_zero:  # the weights of all processes are the same
            return
        began = time.perf_counter()
        if self._batch is None:
            self._batch = self._make_batch()
        batch = trainer.precision_plugin.convert_input(self._batch.to(module.device))
        measured = measure_flow(module.model, module.task, batch, whose=self.whose)
        look = look_of(measured, epoch, trainer.global_step, self.whose)
        self._write(replace(look, seconds=round(time.perf_counter() - began, 4)))
        if trainer.logger is not None:
            points = {**flow_points(measured.flows), "epoch": float(trainer.current_epoch)}
            trainer.logger.log_metrics(points, step=trainer.global_step)
        self.seconds += time.perf_counter() - began

    def state_dict(self) -> dict[str, Any]:
        """Return how long the looks have taken."""
        return {"seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up how long they have taken."""
        self.seconds = float(state_dict["seconds"])
