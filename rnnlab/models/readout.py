"""From the features of all steps to those that the head sees."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from rnnlab.data.batch import valid_steps

Readout = Literal["last", "mean", "max", "every"]


def read_out(features: Tensor, lengths: Tensor | None, how: Readout, causal: bool = True) -> Tensor:
    """Return features ``(B, H)``, or all of them for ``every``; a row without steps gives zeros.

    Args:
        features: ``(B, T, H)``, zero in the padding.
        lengths: ``(B,)`` valid steps, or None for T.
        how: ``last`` takes what the backbone ends on: the last valid step, and of a backbone that
            reads in both directions the last step forwards beside the first, where it ends
            backwards. ``mean`` and ``max`` pool over the valid steps.
        causal: Whether the backbone reads forwards only.
    """
    if how == "every":
        return features
    if how == "last":
        last = _last_step(features, lengths)
        if causal:
            return last
        half = features.shape[2] // 2
        return torch.cat([last[:, :half], features[:, 0, half:]], dim=1)
    if how == "mean":
        count = features.shape[1] if lengths is None else lengths.clamp(min=1).unsqueeze(1)
        return features.sum(1) / count
    if lengths is None:
        return features.amax(1)
    mask = valid_steps(lengths, features.shape[1], features).unsqueeze(2)
    return features.masked_fill(~mask, -torch.inf).amax(1).masked_fill(~mask[:, 0], 0.0)


def _last_step(features: Tensor, lengths: Tensor | None) -> Tensor:
    if lengths is None:
        return features[:, -1]
    index = (lengths - 1).clamp(min=0).reshape(-1, 1, 1).expand(-1, 1, features.shape[2])
    return features.gather(1, index).squeeze(1)
