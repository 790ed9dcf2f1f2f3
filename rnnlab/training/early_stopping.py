"""Early stopping that goes by the config of this run, and by scores of this very moment."""

from __future__ import annotations

from typing import Any

from pytorch_lightning.callbacks import EarlyStopping


class PatientStopping(EarlyStopping):
    """Lightning's early stopping, for trainings that are interrupted and trained further.

    Lightning takes the patience out of the checkpoint, whatever was asked for since, and looks at
    the end of every epoch, also of one that ``max_steps`` has cut short before its validation.

    Args:
        monitor: Name of the score that decides, such as ``val/loss``.
        patience: Validations without improvement before training stops.
        mode: ``min`` or ``max``: which score is better.
        min_delta: By how much a score must be better.
    """

    def __init__(self, monitor: str, *, patience: int, mode: str, min_delta: float = 0.0) -> None:
        super().__init__(
            monitor,
            min_delta,
            patience,
            mode=mode,
            check_finite=False,
            check_on_train_epoch_end=False,
        )

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the best score and how long ago it was."""
        super().load_state_dict({**state_dict, "patience": self.patience})
