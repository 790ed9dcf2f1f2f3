"""A person's own series as windows and what follows them, none with a gap."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from rnnlab.data.dataset import Part
from rnnlab.data.scaler import Scaler
from rnnlab.data.spec import DataSpec
from rnnlab.data.split import TensorSplit
from rnnlab.data.windows import forecast_spec, forecast_split, split_by_time
from rnnlab.errors import DataError


def encode_series(
    values: Tensor,
    path: str,
    *,
    window: int,
    horizon: int,
    val_fraction: float,
    test_fraction: float,
    target_name: str,
) -> tuple[DataSpec, dict[Part, TensorSplit]]:
    """Return what such data is, and its parts: ``(N, T, F)`` and ``(N, 1)`` or ``(N, L, 1)``.

    Args:
        values: ``(N, F)`` in the order of time, NaN where one is missing; the first feature is the
            one to forecast. Examples that would hold a gap are left out.
        path: The file, for messages.
        window: T, steps of the input.
        horizon: L, steps of the target.
        val_fraction: Share of the steps in the validation part.
        test_fraction: Share of the steps, the last ones, in the test part.
        target_name: What the target is called in files.

    Raises:
        ConfigError: A part is too short for the window and the horizon.
        DataError: Gaps leave nothing of a part.
    """
    bounds = split_by_time(len(values), val_fraction, test_fraction)
    training = values[slice(*bounds["train"])]
    complete = training[~training.isnan().any(1)]
    if not len(complete):
        why = "no row of the training part has all its numbers"
        raise DataError(why, key="dataset.path", value=path)
    scaler = Scaler.fit(complete)
    scaled = scaler.transform(values).float()
    splits = {
        part: _without_gaps(
            forecast_split(
                scaled, scaled[:, :1], window=window, horizon=horizon, first=first, last=last
            ),
            part,
            path,
        )
        for part, (first, last) in bounds.items()
    }
    spec = forecast_spec(
        scaler,
        Scaler(scaler.mean[:1], scaler.std[:1]),
        horizon=horizon,
        input_name="window",
        target_name=target_name,
    )
    return replace(spec, input=replace(spec.input, max_length=window)), splits


def _without_gaps(split: TensorSplit, part: Part, path: str) -> TensorSplit:
    kept = ~(split.input.isnan().flatten(1).any(1) | split.target.isnan().flatten(1).any(1))
    if not kept.any():
        why = f"every window of the part {part} has a gap"
        raise DataError(why, key="dataset.path", value=path)
    return TensorSplit(split.input[kept], split.target[kept])
