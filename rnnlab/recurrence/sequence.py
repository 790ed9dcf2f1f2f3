"""Padded sequences: lengths, masks, resets and reversal."""

from __future__ import annotations

import torch
from torch import Tensor

from rnnlab.data.batch import valid_steps


def check_sequence(
    x: Tensor, input_size: int, lengths: Tensor | None, reset: Tensor | None
) -> None:
    """Check shapes, and lengths where that costs no wait for an accelerator.

    Raises:
        ValueError: ``x`` is not ``(B, T, input_size)``, ``lengths`` not ``(B,)`` within 0 to T, or
            ``reset`` not ``(B, T)`` bool.
    """
    if x.dim() != 3 or x.shape[2] != input_size:
        raise ValueError(f"x must be (B, T, {input_size}), got {tuple(x.shape)}")
    B, T, _ = x.shape
    if lengths is not None:
        if lengths.shape != (B,):
            raise ValueError(f"lengths must be ({B},), got {tuple(lengths.shape)}")
        if lengths.device.type == "cpu" and B > 0:
            low, high = lengths.aminmax()
            if low < 0 or high > T:
                raise ValueError(f"lengths must lie in 0 to {T}, got {int(low)} to {int(high)}")
    if reset is not None and (reset.shape != (B, T) or reset.dtype != torch.bool):
        raise ValueError(f"reset must be bool ({B}, {T}), got {reset.dtype} {tuple(reset.shape)}")


def mask_padding(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Return ``x`` ``(B, T, ...)`` with zeros in the padding, whatever was there, NaN included."""
    if lengths is None:
        return x
    mask = valid_steps(lengths, x.shape[1], x)
    mask = mask.reshape(*mask.shape, *(1,) * (x.dim() - 2))
    return torch.where(mask, x, torch.zeros((), dtype=x.dtype, device=x.device))


def reverse_padded(x: Tensor, lengths: Tensor | None) -> Tensor:
    """Return ``x`` ``(B, T, ...)`` with the valid steps of each row reversed, padding in place."""
    if lengths is None:
        return x.flip(1)
    steps = torch.arange(x.shape[1], device=x.device).expand(x.shape[:2])  # (B, T)
    last = lengths.unsqueeze(1) - 1
    source = torch.where(steps <= last, last - steps, steps)
    return x.gather(1, source.reshape(*source.shape, *(1,) * (x.dim() - 2)).expand_as(x))


def reverse_reset(reset: Tensor, lengths: Tensor | None) -> Tensor:
    """Return the reset mask ``(B, T)`` for sequences that were reversed.

    A reset before step t is a border between t-1 and t that nothing crosses. Read backwards, the
    border is met after step t, so the state returns to its initial value before step t-1.
    """
    before = torch.cat([reset[:, 1:], torch.zeros_like(reset[:, :1])], dim=1)
    if lengths is not None:
        steps = torch.arange(reset.shape[1], device=reset.device)
        before = before & (steps < lengths.unsqueeze(1) - 1)
    return reverse_padded(before, lengths)
