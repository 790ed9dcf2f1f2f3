"""The one LightningModule: any model, any task, with gradient norms and carried state."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from rnnlab.cells.base import Tree
from rnnlab.data.batch import Batch
from rnnlab.data.loading import Loader
from rnnlab.data.spec import DataSpec
from rnnlab.errors import RunFailed
from rnnlab.models.model import Model
from rnnlab.recurrence import Recurrent
from rnnlab.recurrence.tree import detach, leaves, with_leaves
from rnnlab.tasks.base import Loss, Task
from rnnlab.training import processes
from rnnlab.training.gradient_norms import ParameterGroups, prefixed
from rnnlab.training.unread import Read, Unread

OptimizerFactory = Callable[[Iterable[Parameter]], Optimizer]
SchedulerFactory = Callable[[Optimizer], Any]


class TrainingModule(pl.LightningModule):
    """Trains a model on a task and measures what happens to its gradients.

    Args:
        model: The network.
        task: Says what the loss and the scores are.
        spec: The data.
        optimizer: Makes the optimizer of the parameters.
        scheduler: Makes the learning-rate scheduler of an optimizer, or returns None.
        scheduler_interval: ``epoch`` or ``step``: how often the scheduler moves.
        measure_gradients: Log norms of gradients before clipping, and how often they are clipped.
        measure_updates: Log the norm of the update over the norm of the weights.
        log_every_n_steps: Optimizer steps between two points of the training metrics.
    """

    def __init__(
        self,
        model: Model,
        task: Task,
        spec: DataSpec,
        *,
        optimizer: OptimizerFactory,
        scheduler: SchedulerFactory = lambda optimizer: None,
        scheduler_interval: str = "epoch",
        measure_gradients: bool = True,
        measure_updates: bool = True,
        log_every_n_steps: int = 10,
    ) -> None:
        super().__init__()
        self.model, self.task, self.spec = model, task, spec
        self.monitor, self.monitor_mode = task.monitor(spec)
        self.scores = task.scores(spec)
        self.log_every_n_steps = log_every_n_steps
        self.measure_gradients, self.measure_updates = measure_gradients, measure_updates
        self._make_optimizer, self._make_scheduler = optimizer, scheduler
        self._scheduler_interval = scheduler_interval
        self._groups = ParameterGroups(model)
        self._state: Tree = None
        self._carries = True
        self._evaluation_state: Tree = None
        self._unread = Unread(self._groups)
        self._clipped, self._steps_since_log = 0, 0
        self._weights_before: list[Tensor] | None = None
        self._step = self._logged_step = 0

    def configure_optimizers(self) -> Any:
        """Return the optimizer, and the scheduler if there is one."""
        optimizer = self._make_optimizer(self._groups.parameters)
        scheduler = self._make_scheduler(optimizer)
        if scheduler is None:
            return optimizer
        return {
            "optimizer": optimizer,
            "lr_scheduler": {
                "scheduler": scheduler,
                "interval": self._scheduler_interval,
                "monitor": f"val/{self.monitor}",
                # A schedule of epochs that watches a score moves when there is a new one.
                "frequency": self.trainer.check_val_every_n_epoch or 1
                if isinstance(scheduler, ReduceLROnPlateau)
                else 1,
            },
        }

    def lr_scheduler_step(self, scheduler: Any, metric: Any) -> None:
        """Move the learning rate.

        Raises:
            RunFailed: The schedule has an end and has reached it, or divides by zero.
        """
        try:
            super().lr_scheduler_step(scheduler, metric)
        except (ValueError, ZeroDivisionError) as error:
            raise RunFailed(f"scheduler, at step {self.global_step}: {error}") from error

    def on_train_start(self) -> None:
        """Tell every recurrent layer how many steps the whole run has.

        An engine that has to be compiled first may not be worth it for a few. What was trained
        before the run was resumed counts, so that it goes on with the engine it began with.
        """
        steps = self.trainer.estimated_stepping_batches
        # Of epochs without end, or of data whose length is not known, nothing is known.
        expected = int(steps) if 0 <= steps < inf else None
        for layer in self._recurrent_layers().values():
            layer.expected_steps = expected

    def _recurrent_layers(self) -> dict[str, Recurrent]:
        parts = self.model.named_modules()
        return {name: part for name, part in parts if isinstance(part, Recurrent)}

    def on_train_epoch_start(self) -> None:
        """Tell loader and task which epoch begins."""
        self.task.on_epoch(self.current_epoch)
        loader = self.trainer.train_dataloader
        if isinstance(loader, Loader):
            loader.epoch = self.current_epoch
            self._carries = loader.carries
        self._state = None

    def training_step(self, batch: Batch, batch_index: int) -> Tensor:
        """Return the mean loss of one batch or chunk.

        Several processes share a batch: the loss is the sum over the valid elements of all shares
        over their number. What is returned is this share's part of it times the number of
        processes, because the gradients of all processes are averaged.
        """
        self._step = self.global_step
        output = self.model(batch, self._state if batch.continues else None)
        # The next chunk starts here, but no gradient comes back across the boundary.
        self._state = detach(output.state) if self._carries and output.state is not None else None
        share = self.task.loss(output, batch)
        if batch.surplus:
            share = Loss(share.total * 0, share.count * 0)
        if processes.count() == 1:
            loss = share.mean
            self._unread.add_loss(self._step, loss.detach())
            return loss
        whole = _of_all_processes(share)
        self._unread.add_loss(self._step, whole.mean)
        return Loss(share.total * processes.count(), whole.count).mean

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Measure the gradients, then clip them by their total norm."""
        gradients = self._groups.gradients()
        norms = self._groups.gradient_norms(gradients)
        total = torch.linalg.vector_norm(norms)
        # A scaler meets infinite gradients by skipping the step.
        scaled = getattr(self.trainer.precision_plugin, "scaler", None) is not None
        self._unread.add_norms(self._step, norms, total, may_be_infinite=scaled)
        if gradient_clip_val is not None and gradients:
            # As in torch.nn.utils.clip_grads_with_norm_, which takes eight times as long.
            factor = (total + 1e-6).reciprocal_().mul_(gradient_clip_val).clamp_(max=1.0)
            torch._foreach_mul_(gradients, factor)
        if self.measure_updates and self._is_logged(self._step + 1):
            self._weights_before = self._groups.snapshot()

    def look(self) -> Read:
        """Read what the steps since the last look have computed.

        Raises:
            NonFinite: A loss or a gradient was NaN or infinite.
        """
        read = self._unread.read()
        if read.totals:
            self._steps_since_log += len(read.totals)
            if (limit := self.trainer.gradient_clip_val) is not None:
                self._clipped += sum(total > limit for total in read.totals)
        return read

    def carried(self) -> dict[str, Any]:
        """Return what goes over from one batch to the next, as tensors and plain values.

        Raises:
            NonFinite: A loss or a gradient was NaN or infinite: nobody goes on from there.
        """
        self.look()
        return {
            "state": None if self._state is None else leaves(self._state),
            "clipped": self._clipped,
            "steps_since_log": self._steps_since_log,
            "logged_step": self._logged_step,
            "engines": {
                name: layer.preferred
                for name, layer in self._recurrent_layers().items()
                if layer.preferred is not None
            },
        }

    def restore_carried(self, carried: dict[str, Any]) -> None:
        """Take up what :meth:`carried` returned, before the next batch."""
        self._clipped = int(carried["clipped"])
        self._steps_since_log = int(carried["steps_since_log"])
        self._logged_step = int(carried["logged_step"])
        self.restore_engines(carried)
        if carried["state"]:
            values = [tensor.to(self.device) for tensor in carried["state"]]
            self._state = with_leaves(self.model.init_state(len(values[0])), values)

    def restore_engines(self, carried: dict[str, Any]) -> None:
        """Let every layer go on with the engine that it began with, of what is carried."""
        layers = self._recurrent_layers()
        for name, engine in carried.get("engines", {}).items():
            if name in layers:
                layers[name].preferred = engine

    def on_train_batch_end(self, outputs: Any, batch: Batch, batch_index: int) -> None:
        """Log the points of this optimizer step, if it is one that is logged."""
        step = self.global_step
        if step == self._logged_step or not self._is_logged(step):
            if self._unread.full:
                self.look()
            return
        self._logged_step = step
        self._log_points(self._points_of(self.look()))
        self._clipped, self._steps_since_log = 0, 0

    def _points_of(self, read: Read) -> dict[str, float]:
        points = {} if read.loss is None else {"train/loss": read.loss}
        if self.measure_gradients and read.norms is not None:
            points |= prefixed("grad_norm", self._groups.by_path(read.norms))
            if self.trainer.gradient_clip_val is not None:
                points["grad_norm/clipped_fraction"] = self._clipped / self._steps_since_log
        if self._weights_before is not None:
            ratios = self._groups.update_ratios(self._weights_before)
            points |= prefixed("update_ratio", ratios)
            self._weights_before = None
        points["learning_rate"] = float(self.trainer.optimizers[0].param_groups[0]["lr"])
        return points

    def on_train_epoch_end(self) -> None:
        """Read what is left of the epoch.

        Raises:
            NonFinite: A loss or a gradient was NaN or infinite.
        """
        self.look()

    def on_validation_epoch_start(self) -> None:
        """Forget the scores and the state of the validation before.

        Raises:
            NonFinite: A loss or a gradient of the epoch was NaN or infinite.
        """
        self.look()
        self.scores.reset()
        self._evaluation_state = None

    def validation_step(self, batch: Batch, batch_index: int) -> None:
        """Count one batch."""
        state = self._evaluation_state if batch.continues else None
        output = self.task.evaluate(self.model, batch, state)
        self._evaluation_state = output.state
        self.scores.update(output, batch)

    def on_validation_epoch_end(self) -> None:
        """Log the validation scores."""
        # Every process measures the whole part. They decide on the first one's figures, for those
        # of other devices can differ in the last digit.
        points, *_ = processes.gather(prefixed("val", self.scores.compute()))
        shown, several = f"val/{self.monitor}", processes.count() > 1
        for name, value in points.items():
            self.log(name, value, prog_bar=name == shown, logger=False, sync_dist=several)
        self._log_points(points)

    def _is_logged(self, step: int) -> bool:
        return step % self.log_every_n_steps == 0

    def _log_points(self, points: dict[str, float]) -> None:
        # self.log costs more than the training step of a small cell; the logger is asked directly.
        if self.trainer.logger is not None and points:
            self.trainer.logger.log_metrics(
                {**points, "epoch": float(self.current_epoch)}, step=self.global_step
            )


def _of_all_processes(share: Loss) -> Loss:
    if processes.count() == 1:
        return Loss(share.total.detach(), share.count)
    # Counts beyond what half precision can tell apart are added too.
    exact = torch.promote_types(share.total.dtype, torch.float32)
    sums = torch.stack([share.total.detach().to(exact), share.count.to(exact)])
    total, count = processes.total(sums)
    return Loss(total, count)
