"""The past of what a forecaster is to foretell."""

from __future__ import annotations

from torch import Tensor

from rnnlab.data.batch import Batch
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec


def own_past_refusal(spec: DataSpec) -> str | None:
    """Return why the first D features of the input cannot be the target's own past, or None."""
    past, target = spec.input, spec.target
    reals = past.kind == "reals" and target.kind == "reals"
    if reals and past.sequence and past.size >= target.size:
        return None
    return f"needs the past of its target, not {past.describe()} for {target.describe()}"


def own_past(batch: Batch, spec: DataSpec) -> Tensor:
    """Return the first D features of the input, ``(B, T, D)``, scaled as the target is."""
    size = spec.target.size
    past = batch.input[..., :size]
    scaled_as, wanted = spec.input.scaler, spec.target.scaler
    if scaled_as is not None:
        scaled_as = Scaler(scaled_as.mean[:size], scaled_as.std[:size], scaled_as.log)
    if scaled_as == wanted:
        return past
    past = past if scaled_as is None else scaled_as.inverse(past)
    return past if wanted is None else wanted.transform(past)


def last_step(batch: Batch) -> Tensor:
    """Return the position of the last valid step of each row, ``(B,)``; 0 where there is none."""
    if batch.lengths is not None:
        return (batch.lengths - 1).clamp(min=0)
    steps = batch.input.shape[1]
    return batch.input.new_full((len(batch),), steps - 1).long()


def last_of(past: Tensor, batch: Batch) -> Tensor:
    """Return values ``(B, 1, D)`` of ``(B, T, D)`` at the last valid step of each row."""
    return past.gather(1, last_step(batch)[:, None, None].expand(-1, 1, past.shape[-1]))
