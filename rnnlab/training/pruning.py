"""A training that is given up when others like it have gone better."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytorch_lightning as pl

from rnnlab.errors import RunFailed

Judge = Callable[[int, float, bool], str | None]
"""Is told how many epochs are trained, the objective after them, and whether these were the last;
says why to give the training up, or None."""


class Pruning(pl.Callback):
    """Asks after each validation whether the training is to go on.

    It ends like early stopping does, with the snapshot of its last epoch; the cause is part of
    that snapshot, so that a process which is killed then is still pruned and not finished.

    Args:
        objective: Name of the score that decides, such as ``val/loss``.
        judge: Decides.

    Attributes:
        cause: Why the training was given up; None while it was not.
    """

    def __init__(self, objective: str, judge: Judge) -> None:
        self.objective, self._judge = objective, judge
        self.cause: str | None = None

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Ask.

        Raises:
            RunFailed: A validation does not give the objective.
        """
        scores = trainer.callback_metrics
        if self.objective not in scores:
            valid = ", ".join(sorted(name for name in scores if name.startswith("val/")))
            raise RunFailed(f"no validation gives {self.objective}; valid: {valid}")
        value = float(scores[self.objective])
        self.cause = self._judge(trainer.current_epoch + 1, value, _is_last(trainer))
        if self.cause is not None:
            trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        """Return what a resumed run has to know."""
        return {"cause": self.cause}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up whether the training was given up."""
        self.cause = state_dict["cause"]


def _is_last(trainer: pl.Trainer) -> bool:
    """Return whether the training ends with this epoch anyway."""
    epochs, steps = trainer.max_epochs, trainer.max_steps
    return (
        trainer.should_stop
        or (epochs is not None and 0 <= epochs <= trainer.current_epoch + 1)
        or 0 <= steps <= trainer.global_step
    )
