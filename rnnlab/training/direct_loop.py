"""Lightning's loop over the batches of an epoch, without what a plain training does not use.

Of the time of a small training step Lightning's own loop takes a third: it calls some sixty hooks
by name, each under a profiler's context, although nearly none of them is overridden. This loop does
the same things in the same order, and leaves out the calls of hooks that do nothing. Where a
training needs more (several processes, mixed precision, accumulated gradients, a profiler), or with
a Lightning that it has not been compared with, it is Lightning's own.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins import Precision as FabricPrecision
from pytorch_lightning.loops.training_epoch_loop import _TrainingEpochLoop
from pytorch_lightning.plugins.precision import Precision
from pytorch_lightning.profilers import PassThroughProfiler
from pytorch_lightning.strategies import SingleDeviceStrategy
from torch import Tensor
from torch.optim import Optimizer

# The minor versions that the tests compare this loop with.
_COMPARED = ("2.6.",)
# Of the module; what it overrides of these, only Lightning's own loop calls.
_MODULE_HOOKS = """
    on_train_batch_start on_before_zero_grad optimizer_zero_grad on_before_backward backward
    on_after_backward on_before_optimizer_step optimizer_step on_before_batch_transfer
    transfer_batch_to_device on_after_batch_transfer
""".split()
# Of callbacks.
_HOOKS = """
    on_train_batch_start on_before_zero_grad on_before_backward on_after_backward
    on_before_optimizer_step on_train_batch_end
""".split()


def use_direct_loop(trainer: pl.Trainer) -> None:
    """Have a new trainer train by :class:`DirectLoop`."""
    if version("pytorch-lightning").startswith(_COMPARED):
        loop = trainer.fit_loop.epoch_loop
        trainer.fit_loop.epoch_loop = DirectLoop(trainer, loop.min_steps, loop.max_steps)


class DirectLoop(_TrainingEpochLoop):
    """Runs one epoch; see the head of this file.

    Args:
        trainer: Whose loop it is.
        min_steps: See Lightning.
        max_steps: See Lightning.
    """

    _hooks: dict[str, list[Callable[..., Any]]] | None = None

    def on_run_start(self, data_fetcher: Any) -> None:
        """Find out what this training uses."""
        super().on_run_start(data_fetcher)
        self._hooks = None
        if _is_plain(self.trainer):
            self._hooks = {hook: _overridden(self.trainer, hook) for hook in _HOOKS}

    def advance(self, data_fetcher: Any) -> None:
        """Train on one batch."""
        if self._hooks is None or self.restarting:
            super().advance(data_fetcher)
            return
        trainer, progress = self.trainer, self.batch_progress
        self.val_loop.restarting = False
        batch, _, _ = next(data_fetcher)
        index = self.batch_idx + 1
        progress.is_last_batch = data_fetcher.done
        if batch.device != trainer.strategy.root_device:
            batch = trainer.strategy.batch_to_device(batch, dataloader_idx=0)
        progress.increment_ready()
        connector = trainer._logger_connector
        connector.on_batch_start(batch)
        self._call("on_train_batch_start", batch, index)
        progress.increment_started()
        output = self._optimize(batch, index)
        progress.increment_processed()
        if trainer.lr_scheduler_configs:
            self.update_lr_schedulers("step", update_plateau_schedulers=False)
            if self._num_ready_batches_reached():
                self.update_lr_schedulers("epoch", update_plateau_schedulers=False)
        self._call("on_train_batch_end", output, batch, index)
        module = trainer.lightning_module
        _say(module, "on_train_batch_end")
        module.on_train_batch_end(output, batch, index)
        _say(module, None)
        if self._results:
            # Somebody's callback logs by way of Lightning.
            connector.on_batch_end()
        else:
            self._results.batch = self._results.batch_size = None
        progress.increment_completed()
        if self._results:
            connector.update_train_step_metrics()

    def on_advance_end(self, data_fetcher: Any) -> None:
        """Validate where that is due: at the end of an epoch."""
        trainer = self.trainer
        if (
            self._hooks is None
            or self.restarting
            or self._skip_next_val
            or trainer.should_stop
            or trainer.lr_scheduler_configs
            or trainer.received_sigterm
            or self._num_ready_batches_reached()
        ):
            super().on_advance_end(data_fetcher)
        else:
            self._batches_that_stepped += 1

    def _optimize(self, batch: Any, index: int) -> dict[str, Tensor]:
        trainer = self.trainer
        module, optimizer = trainer.lightning_module, trainer.optimizers[0]
        loss: Tensor | None = None

        @torch.enable_grad()
        def closure() -> Tensor:
            nonlocal loss
            _say(module, "training_step")
            loss = module.training_step(batch, index)
            _say(module, None)
            zeroed = self.automatic_optimization.optim_progress.optimizer.zero_grad
            zeroed.increment_ready()
            self._call("on_before_zero_grad", optimizer)
            zeroed.increment_started()
            _forget_gradients(optimizer)
            zeroed.increment_completed()
            self._call("on_before_backward", loss)
            loss.backward()
            self._call("on_after_backward")
            self._call("on_before_optimizer_step", optimizer)
            _say(module, "configure_gradient_clipping")
            module.configure_gradient_clipping(
                optimizer, trainer.gradient_clip_val, trainer.gradient_clip_algorithm
            )
            _say(module, None)
            return loss

        stepped = self.automatic_optimization.optim_progress.optimizer.step
        stepped.increment_ready()
        optimizer.step(closure)
        stepped.increment_completed()
        assert loss is not None
        return {"loss": loss.detach()}

    def _call(self, hook: str, *arguments: Any) -> None:
        assert self._hooks is not None
        if not self._hooks[hook]:
            return
        module = self.trainer.lightning_module
        _say(module, hook)
        for function in self._hooks[hook]:
            function(self.trainer, module, *arguments)
        _say(module, None)


def _say(module: pl.LightningModule, hook: str | None) -> None:
    # What is logged in a hook is logged as that hook's. Set like this it does not pass through the
    # search for parameters and submodules that any attribute of a module does.
    vars(module)["_current_fx_name"] = hook


def _forget_gradients(optimizer: Optimizer) -> None:
    if type(optimizer).zero_grad is not Optimizer.zero_grad:
        optimizer.zero_grad()
        return
    # The same without the record that torch's profiler would take of it.
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None


def _is_plain(trainer: Any) -> bool:
    module = trainer.lightning_module
    return (
        type(trainer.strategy) is SingleDeviceStrategy
        and type(trainer.precision_plugin) in (Precision, FabricPrecision)
        and type(trainer.profiler) is PassThroughProfiler
        and trainer.accumulate_grad_batches == 1
        and module.automatic_optimization
        and trainer.strategy.model is module
        and trainer._val_check_time_interval is None
        and trainer.check_val_every_n_epoch is not None
        and trainer.val_check_batch in (float("inf"), trainer.num_training_batches)
        and all(
            getattr(type(module), hook) is getattr(pl.LightningModule, hook)
            for hook in _MODULE_HOOKS
        )
    )


def _overridden(trainer: Any, hook: str) -> list[Callable[..., Any]]:
    inherited = getattr(pl.Callback, hook)
    return [
        getattr(callback, hook)
        for callback in trainer.callbacks
        if getattr(type(callback), hook) is not inherited or hook in vars(callback)
    ]
