"""A batch: the one form in which data meets a model."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

UNCOUNTED = -100
"""In place of the class of a step at which nothing is asked: no loss, score or baseline counts it.

torch's cross-entropy leaves out the same number.
"""


# Not frozen: Lightning converts the fields in place of a copy for 64-true and bf16-true.
@dataclass
class Batch:
    """Inputs and targets of B examples, padded on the right.

    Args:
        input: Tokens ``(B, T)`` int64, reals ``(B, T, F)``, frames ``(B, T, C, H, W)``; without a
            time axis reals ``(B, F)`` or an image ``(B, C, H, W)``, all float32.
        target: Class ``(B,)``, class of each step or token sequence ``(B, L)`` int64, reals
            ``(B, D)`` or ``(B, L, D)``. A token sequence ends in ``<eos>`` where its vocabulary
            has one, and never begins with ``<bos>``. Where it is aligned with the input, steps
            may be :data:`UNCOUNTED`. None when predicting.
        lengths: ``(B,)`` int64 valid steps of each input; None when all T are valid.
        target_lengths: ``(B,)`` int64 valid steps of each target; None when all are, or when the
            target is aligned with the input (then ``lengths`` counts for both).
        reset: ``(B, T)`` bool; True where the state returns to its initial value before the step.
        continues: Row b goes on where row b of the batch before it ended: start from its state.
        surplus: These rows are counted in another share of the batch, and only stand in here for a
            share that would be empty.
    """

    input: Tensor
    target: Tensor | None = None
    lengths: Tensor | None = None
    target_lengths: Tensor | None = None
    reset: Tensor | None = None
    continues: bool = False
    surplus: bool = False

    def __len__(self) -> int:
        return self.input.shape[0]

    @property
    def device(self) -> torch.device:
        """Where the tensors are."""
        return self.input.device

    def to(self, device: torch.device | str, non_blocking: bool = False) -> Batch:
        """Return the batch on another device."""
        moved: dict[str, Any] = {
            field.name: value.to(device, non_blocking=non_blocking)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), Tensor)
        }
        return replace(self, **moved)

    def first(self, rows: int) -> Batch:
        """Return the first examples; all where there are no more."""
        kept: dict[str, Any] = {
            field.name: value[:rows]
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), Tensor)
        }
        return replace(self, **kept)

    def pin_memory(self) -> Batch:
        """Return the batch in page-locked memory, for faster copies to an accelerator."""
        pinned: dict[str, Any] = {
            field.name: value.pin_memory()
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), Tensor)
        }
        return replace(self, **pinned)


def valid_steps(lengths: Tensor | None, steps: int, like: Tensor) -> Tensor:
    """Return a mask ``(B, steps)``, True at valid steps.

    Args:
        lengths: ``(B,)`` or None for all valid.
        steps: T, the padded length.
        like: Any tensor ``(B, ...)`` on the device wanted.
    """
    if lengths is None:
        return torch.ones(like.shape[0], steps, dtype=torch.bool, device=like.device)
    return torch.arange(steps, device=lengths.device)[None, :] < lengths[:, None]
